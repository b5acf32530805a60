"""
Learns the heads that tell levels of distress, from invented messages.

The last step, which makes honest probabilities, learns from messages whose whole scenes were held back from everything
before it, the encoder too, so that what it calls likely is likely for messages nobody here wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.errors import DataError
from bot.triage.layers import Judge
from bot.triage.levels import Level, ReplyKind, Subject
from bot.triage.scoring.grams import Grams
from bot.triage.scoring.heads import HEADS, LEVELS, Floats, Linear, features, worst_parts
from bot.triage.scoring.reading import parts, plain
from bot.triage.scoring.scorer import MEANING_WORDS
from bot.yaml_files import read_yaml

FOLDS = 5
GRAMS_STRENGTH, MIX_STRENGTH = 3.0, 0.3  # C of the regressions; by cross-validation
CALM = Path(__file__).with_name("calm.yml")
AT_MOST = "at most "
CALM_UTTERANCES, CALM_SCENE = 200, 40  # of one intent, at most; of one scene
ROUNDS = 2  # which part of a long message is the bad one is guessed once, then learnt from

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """One invented message."""

    text: str
    level: Level
    subject: Subject
    scene: str
    at_most: bool = False  # the level is known to be no higher, and may be lower


def read(folder: Path) -> list[Example]:
    """The groups of all files in *folder*; raises ``DataError`` naming the file and the group."""
    examples = []
    for path in sorted(folder.glob("*.yml")):
        groups = read_yaml(path)
        for number, group in enumerate(groups or (), start=1):
            try:
                level, subject = Level.from_label(group["level"]), Subject(group.get("subject", "self"))
                examples += [Example(str(text), level, subject, str(group["scene"])) for text in group["utterances"]]
            except (KeyError, TypeError, ValueError):
                raise DataError(f"{path.name}: group {number}: level, subject, scene or utterances") from None
    if not examples:
        raise DataError("there are no examples of levels to learn from")
    return examples


def read_calm(utterances: Mapping[str, Sequence[str]], judge: Judge, path: Path = CALM) -> list[Example]:
    """
    What *utterances*, by intent, say about distress by the lists of *path*, without those that *judge* finds something
    in. Neighbours were written together and count as one scene.
    """
    examples = []
    for label, intents in read_yaml(path).items():
        level = Level.from_label(label.removeprefix(AT_MOST))
        for intent in intents:
            texts = spread(utterances[intent], CALM_UTTERANCES)
            examples += [
                Example(text, level, Subject.SELF, f"{intent} {place // CALM_SCENE}", label.startswith(AT_MOST))
                for place, text in enumerate(texts)
                if judge.judge(text).reply_kind is ReplyKind.NORMAL
            ]
    return examples


def redacted(examples: Sequence[Example], redact: Callable[[str], str]) -> list[Example]:
    """What *redact* leaves of those it changes for the scorer, so that a label tells it what the name told it."""
    left = [replace(example, text=redact(example.text)) for example in examples]
    return [one for one, was in zip(left, examples, strict=True) if plain(one.text) != plain(was.text)]


def spread(texts: Sequence[str], most: int) -> list[str]:
    """At most *most* of the texts, evenly from all of them."""
    return list(texts) if len(texts) <= most else [texts[place * len(texts) // most] for place in range(most)]


def folds(examples: Sequence[Example], count: int = FOLDS) -> list[Mask]:
    """Which examples are held back in each round; a scene is never in two of them."""
    scenes = [example.scene for example in examples]
    masks = []
    for _, unseen in GroupKFold(min(count, len(set(scenes)))).split(scenes, groups=scenes):
        mask = np.zeros(len(examples), dtype=bool)
        mask[unseen] = True
        masks.append(mask)
    return masks


@dataclass(frozen=True, slots=True)
class Rows:
    """Messages as parts. ``owner`` tells which message a part is of; ``truth`` and ``counts`` are messages by heads."""

    cut: Sequence[str]
    owner: NDArray[np.int64]
    truth: Mask
    counts: Mask  # whether a head learns from a message; whom it is about is asked of troubled ones only

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Rows:
        """Cuts all *examples*."""
        cut = [parts(plain(example.text)) for example in examples]
        owner = np.repeat(np.arange(len(cut)), [len(found) for found in cut])
        truth = np.array([_truth(example) for example in examples])
        counts = np.ones_like(truth)
        known = np.array([not example.at_most for example in examples])
        counts[:, : len(LEVELS)] = known[:, None] | ~truth[:, : len(LEVELS)]
        for head in ("other", "harm"):
            counts[:, HEADS.index(head)] = truth[:, LEVELS.index("moderate")] & known
        counts[:, HEADS.index("ask")] = [example.level is not Level.MODERATE for example in examples]
        return cls([part for found in cut for part in found], owner, truth, counts)

    def parts_of(self, mask: Mask) -> NDArray[np.int64]:
        """The places of the parts of the messages in *mask*."""
        return np.flatnonzero(mask[self.owner])

    def only(self, mask: Mask) -> Rows:
        """The messages of *mask*."""
        places = self.parts_of(mask)
        renumbered = np.cumsum(mask) - 1
        cut = [self.cut[place] for place in places]
        return Rows(cut, renumbered[self.owner[places]], self.truth[mask], self.counts[mask])

    def gram_reader(self) -> tuple[Grams, Linear]:
        """The reader of grams, learnt from these messages."""
        grams = Grams.learn(self.cut)
        matrix = _matrix(grams, self.cut)
        weights = np.zeros((matrix.shape[1], len(HEADS)), dtype=np.float32)
        bias = np.zeros(len(HEADS), dtype=np.float32)
        for head in range(len(HEADS)):
            weights[:, head], bias[head] = self._head(matrix, head)
        return grams, Linear(weights, bias)

    def telling(self, scores: Floats) -> Mask:
        """
        Which parts stand for their message: all of a calm one; of a troubled one the part with the highest score for
        its own level. *scores* are parts by heads.
        """
        mask = np.zeros(len(self.cut), dtype=bool)
        for number, (start, end) in enumerate(self._spans()):
            height = int(self.truth[number, : len(LEVELS)].sum())
            if height:
                mask[start + int(np.argmax(scores[start:end, height - 1]))] = True
            else:
                mask[start:end] = True
        return mask

    def features(self, by_grams: Floats, by_meaning: Floats) -> Floats:
        """What the last step sees of each message, made as ``scorer.Scorer`` makes it, from scores of all parts."""
        rows = []
        for start, end in self._spans():
            lengths = [len(part.split()) for part in self.cut[start:end]]
            chosen = [start + place for place in worst_parts(by_grams[start:end], lengths, MEANING_WORDS)]
            rows.append(features(by_grams[start:end], by_meaning[chosen]))
        return np.stack(rows)

    def mix(self, found: Floats) -> Floats:
        """The last step: one small regression a head."""
        mix = np.zeros((len(HEADS), found.shape[1] + 1), dtype=np.float32)
        for head in range(len(HEADS)):
            rows = self.counts[:, head]
            truth = self.truth[rows, head]
            if truth.any() and not truth.all():
                step = LogisticRegression(C=MIX_STRENGTH, max_iter=1000).fit(found[rows], truth)
                mix[head] = [*step.coef_[0], step.intercept_[0]]
        return mix

    def _head(self, matrix: Any, head: int) -> tuple[Floats, float]:
        """Every part of a calm message is calm; of a troubled one at least one part is troubled, the worst."""
        rows, truth = self.counts[self.owner, head], self.truth[self.owner, head]
        alone = np.bincount(self.owner)[self.owner] == 1
        chosen = rows & (alone | ~truth)
        step: Any = None
        for _ in range(ROUNDS):
            if len(set(truth[chosen])) < 2:
                break
            step = LogisticRegression(C=GRAMS_STRENGTH, class_weight="balanced", solver="liblinear", random_state=1)
            step.fit(matrix[np.flatnonzero(chosen)], truth[chosen])
            chosen = rows & (~truth | self._worst(step.decision_function(matrix)))
        if step is None:
            return np.zeros(matrix.shape[1], dtype=np.float32), 0.0
        return step.coef_[0].astype(np.float32), float(step.intercept_[0])

    def _worst(self, scores: NDArray[np.float64]) -> Mask:
        mask = np.zeros(len(self.cut), dtype=bool)
        for start, end in self._spans():
            mask[start + int(np.argmax(scores[start:end]))] = True
        return mask

    def _spans(self) -> list[tuple[int, int]]:
        starts = np.searchsorted(self.owner, np.arange(len(self.truth) + 1))
        return list(pairwise(starts.tolist()))


def gram_scores(reader: tuple[Grams, Linear], cut: Sequence[str]) -> Floats:
    """Parts by heads."""
    grams, linear = reader
    return np.stack([linear.sparse(grams.of(part)) for part in cut])


def _truth(example: Example) -> list[bool]:
    levels = [example.level >= Level.from_label(label) for label in LEVELS]
    return [*levels, example.subject is Subject.OTHER, example.subject is Subject.HARM, example.level >= Level.HIGH]


def _matrix(grams: Grams, texts: Sequence[str]) -> csr_matrix:
    found = [grams.of(text) for text in texts]
    starts = np.cumsum([0, *(len(row.places) for row in found)])
    values = np.concatenate([row.values for row in found])
    places = np.concatenate([row.places for row in found])
    return csr_matrix((values, places, starts), shape=(len(texts), len(grams.terms)))
