"""
Learns the heads from invented messages; runs in ``sidedoor train`` only, because it needs scikit-learn.

The last step learns from scores of messages whose whole scene the readers had not seen, so that what it calls likely is
likely for messages nobody here wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.errors import DataError
from bot.triage.levels import Level, Subject
from bot.triage.scoring.grams import Grams
from bot.triage.scoring.heads import HEADS, LEVELS, Floats, Heads, Linear, features, worst_parts
from bot.triage.scoring.reading import parts, plain
from bot.triage.scoring.scorer import MEANING_WORDS, Meaning

FOLDS = 5
ROUNDS = 2  # which part of a long message is the bad one is guessed once, then learnt from
GRAMS_STRENGTH, MEANING_STRENGTH, MIX_STRENGTH = 3.0, 1.0, 1.0  # C of the regressions; by cross-validation

Mask = NDArray[np.bool_]
Progress = Callable[[str, float], object]


@dataclass(frozen=True, slots=True)
class Example:
    """One invented message."""

    text: str
    level: Level
    subject: Subject
    scene: str


def read(folder: Path) -> list[Example]:
    """The groups of all files in *folder*; raises ``DataError`` naming the file and the group."""
    examples = []
    for path in sorted(folder.glob("*.yml")):
        groups = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for number, group in enumerate(groups or (), start=1):
            try:
                level, subject = Level.from_label(group["level"]), Subject(group.get("subject", "self"))
                examples += [Example(str(text), level, subject, str(group["scene"])) for text in group["utterances"]]
            except (KeyError, TypeError, ValueError):
                raise DataError(f"{path.name}: group {number}: level, subject, scene or utterances") from None
    if not examples:
        raise DataError("there are no examples of levels to learn from")
    return examples


def learn(examples: Sequence[Example], encoder: Meaning, progress: Progress = lambda step, done: None) -> Heads:
    """All that can be learnt from *examples*."""
    rows = Rows.of(examples, encoder, progress)
    held_back = [(rows.but(fold), rows.only(fold)) for fold in folds(examples)]
    found = np.zeros((len(examples), len(HEADS), 4), dtype=np.float32)
    for number, (seen, unseen) in enumerate(held_back):
        progress("levels", 0.5 + 0.4 * number / FOLDS)
        readers = seen.readers()
        found[unseen.which] = unseen.features(readers)
    progress("levels", 0.95)
    return Heads(*rows.readers(), rows.mix(found))


def folds(examples: Sequence[Example], count: int = FOLDS) -> list[Mask]:
    """Which examples are held back in each round; a scene is never in two of them."""
    scenes = [example.scene for example in examples]
    count = min(count, len(set(scenes)))
    masks = []
    for _, unseen in GroupKFold(count).split(scenes, groups=scenes):
        mask = np.zeros(len(examples), dtype=bool)
        mask[unseen] = True
        masks.append(mask)
    return masks


Readers = tuple[Grams, Linear, Linear]


@dataclass(frozen=True, slots=True)
class Rows:
    """Messages as parts. ``owner`` tells which message a part is of; ``truth`` and ``counts`` are messages by heads."""

    cut: Sequence[str]
    owner: NDArray[np.int64]
    vectors: Floats
    truth: Mask
    counts: Mask  # whether a head learns from a message: whom it is about is asked of troubled ones only
    which: NDArray[np.int64]  # the places of these messages among all

    @classmethod
    def of(cls, examples: Sequence[Example], encoder: Meaning, progress: Progress) -> Rows:
        """Cuts and encodes all *examples*."""
        cut = [parts(plain(example.text)) for example in examples]
        owner = np.repeat(np.arange(len(cut)), [len(found) for found in cut])
        flat = [part for found in cut for part in found]
        truth = np.array([_truth(example) for example in examples])
        counts = np.ones_like(truth)
        counts[:, HEADS.index("other") :] = truth[:, [LEVELS.index("moderate")]]
        return cls(flat, owner, _encoded(flat, encoder, progress), truth, counts, np.arange(len(examples)))

    def only(self, mask: Mask) -> Rows:
        """The messages of *mask*."""
        kept = mask[self.owner]
        renumbered = np.cumsum(mask) - 1
        cut = [part for part, is_kept in zip(self.cut, kept, strict=True) if is_kept]
        owner = renumbered[self.owner[kept]]
        return Rows(cut, owner, self.vectors[kept], self.truth[mask], self.counts[mask], self.which[mask])

    def but(self, mask: Mask) -> Rows:
        """The others."""
        return self.only(~mask)

    def readers(self) -> Readers:
        """The two readers, learnt from these messages."""
        grams = Grams.learn(self.cut)
        by_grams = self._taught(_matrix(grams, self.cut), GRAMS_STRENGTH)
        return grams, by_grams, self._taught(self.vectors, MEANING_STRENGTH)

    def features(self, readers: Readers) -> Floats:
        """What the last step sees of each message, made as ``scorer.Scorer`` makes it."""
        grams, gram_reader, meaning_reader = readers
        by_grams = np.stack([gram_reader.sparse(grams.of(part)) for part in self.cut])
        by_meaning = meaning_reader.dense(self.vectors)
        rows = []
        for start, end in self._spans():
            lengths = [len(part.split()) for part in self.cut[start:end]]
            chosen = [start + place for place in worst_parts(by_grams[start:end], lengths, MEANING_WORDS)]
            rows.append(features(by_grams[start:end], by_meaning[chosen]))
        return np.stack(rows)

    def mix(self, found: Floats) -> Floats:
        """The last step: one small regression a head."""
        mix = np.zeros((len(HEADS), found.shape[2] + 1), dtype=np.float32)
        for head in range(len(HEADS)):
            rows = self.counts[:, head]
            truth = self.truth[rows, head]
            if truth.any() and not truth.all():
                step = LogisticRegression(C=MIX_STRENGTH, max_iter=1000).fit(found[rows, head], truth)
                mix[head] = [*step.coef_[0], step.intercept_[0]]
        return mix

    def _taught(self, matrix: Any, strength: float) -> Linear:
        weights = np.zeros((matrix.shape[1], len(HEADS)), dtype=np.float32)
        bias = np.zeros(len(HEADS), dtype=np.float32)
        for head in range(len(HEADS)):
            weights[:, head], bias[head] = self._head(matrix, head, strength)
        return Linear(weights, bias)

    def _head(self, matrix: Any, head: int, strength: float) -> tuple[Floats, float]:
        """Every part of a calm message is calm; of a troubled one at least one part is troubled, the worst."""
        rows, truth = self.counts[self.owner, head], self.truth[self.owner, head]
        alone = np.bincount(self.owner)[self.owner] == 1
        chosen = rows & (alone | ~truth)
        step: Any = None
        for _ in range(ROUNDS):
            if len(set(truth[chosen])) < 2:
                break
            step = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=1)
            step.fit(matrix[np.flatnonzero(chosen)], truth[chosen])
            if alone.all():
                break
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


def _truth(example: Example) -> list[bool]:
    levels = [example.level >= Level.from_label(label) for label in LEVELS]
    return [*levels, example.subject is Subject.OTHER, example.subject is Subject.HARM]


def _encoded(texts: Sequence[str], encoder: Meaning, progress: Progress) -> Floats:
    """Two threads, because the encoder works outside of Python's lock."""
    size = 256
    batches = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
    rows: list[Floats] = []
    with ThreadPoolExecutor(2) as pool:
        for number, found in enumerate(pool.map(encoder.of, batches)):
            progress("levels", 0.5 * number / len(batches))
            rows.append(found)
    return np.concatenate(rows)


def _matrix(grams: Grams, texts: Sequence[str]) -> csr_matrix:
    found = [grams.of(text) for text in texts]
    starts = np.cumsum([0, *(len(row.places) for row in found)])
    values = np.concatenate([row.values for row in found])
    places = np.concatenate([row.places for row in found])
    return csr_matrix((values, places, starts), shape=(len(texts), len(grams.terms)))
