"""
Measures how well meanings are told apart: five-fold cross-validation over the utterances, macro-F1, the weakest
intents, and which pairs are taken for one another. Prints names and figures, and texts only when asked to.

``python benchmarks/intents.py [--mistakes INTENT]``: the second form prints the utterances of, or taken for, one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.assistant.intents import Model
from bot.embedding.encoder import made
from bot.settings import Settings
from tests.conversations.data import plain, utterances

FOLDS = 5
WEAKEST, PAIRS = 25, 40


def guesses(texts: Sequence[str], intents: Sequence[str]) -> np.ndarray:
    """For each text the intents in order of likelihood, from a model that has not seen it."""
    vectors = made(Settings.load().model_dir)
    ranked = np.empty((len(texts), 3), dtype=object)
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(texts, intents):
        model = Model.learn([texts[place] for place in seen], [intents[place] for place in seen], vectors)
        order = np.argsort(-model.probabilities([texts[place] for place in unseen]), axis=1)[:, :3]
        ranked[unseen] = np.array(model.intents, dtype=object)[order]
    return ranked


def figures(intents: Sequence[str], ranked: np.ndarray) -> Iterator[str]:
    """Lines for all of it, for the weakest intents, for the pairs."""
    first = ranked[:, 0].tolist()
    among = [intent in row for intent, row in zip(intents, ranked, strict=True)]
    right = sum(map(str.__eq__, intents, first)) / len(first)
    yield f"{len(first)} utterances, {len(set(intents))} intents"
    yield f"right {right:.3f}, among the first three {np.mean(among):.3f}"
    yield f"macro-F1 {f1_score(intents, first, average='macro'):.3f}"
    names = sorted(set(intents))
    single = f1_score(intents, first, average=None, labels=names)
    counts = Counter(intents)
    for score, name in sorted(zip(single, names, strict=True))[:WEAKEST]:
        yield f"  {score:.2f} {name} ({counts[name]})"
    pairs = Counter((was, taken) for was, taken in zip(intents, first, strict=True) if was != taken)
    for (was, taken), times in pairs.most_common(PAIRS):
        yield f"  {times:3} {was} taken for {taken}"


def mistakes(about: str, texts: Sequence[str], intents: Sequence[str], ranked: np.ndarray) -> Iterator[str]:
    """The utterances that belong to *about* and went elsewhere, and the other way round."""
    for text, was, row in zip(texts, intents, ranked, strict=True):
        if was != row[0] and about in (was, row[0], "all"):
            yield f"{was} > {row[0]}: {text}"


def main() -> None:
    """Measures and prints."""
    pairs = [(plain(one), intent) for intent, said in utterances().items() for one in said]
    texts, intents = [text for text, _ in pairs], [intent for _, intent in pairs]
    ranked = guesses(texts, intents)
    if "--mistakes" in sys.argv:
        print("\n".join(mistakes(sys.argv[-1], texts, intents, ranked)))
        return
    print("\n".join(figures(intents, ranked)))


if __name__ == "__main__":
    main()
