"""
Turns the parts of a message into probabilities: that its level is at least mild, moderate, high, imminent; and, given
that there is something to worry about, that it is about somebody else, or that the writer may hurt somebody; and that
one has to ask, which is high or imminent against none or mild, whatever is said of what lies between.

Two linear readers, one of grams and one of meaning, look at the parts, and the worst part speaks for the message. A
last small step weighs all that the two found and makes honest probabilities of it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.triage.scoring.grams import Grams, Sparse

Floats = NDArray[np.float32]

LEVELS = ("mild", "moderate", "high", "imminent")
HEADS = (*LEVELS, "other", "harm", "ask")


@dataclass(frozen=True, slots=True)
class Linear:
    """A weight for each feature and head."""

    weights: Floats  # features by heads
    bias: Floats

    def sparse(self, found: Sparse) -> Floats:
        """The scores of one part by its grams."""
        return np.asarray(found.values @ self.weights[found.places] + self.bias, dtype=np.float32)

    def dense(self, rows: Floats) -> Floats:
        """The scores of parts by their vectors, one row each."""
        return np.asarray(rows @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Heads:
    """All that was learnt. ``mix`` weighs what ``features`` gives, a row for each head; its last column is the bias."""

    grams: Grams
    by_grams: Linear
    by_meaning: Linear
    mix: Floats

    def probabilities(self, found: Floats) -> Floats:
        """One a head; what is likely high is at least as likely mild. *found* as ``features`` makes it."""
        scores = self.mix[:, :-1] @ found + self.mix[:, -1]
        shares = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
        shares[: len(LEVELS)] = np.maximum.accumulate(shares[: len(LEVELS)][::-1])[::-1]
        return np.asarray(shares, dtype=np.float32)

    def to_bytes(self) -> bytes:
        """Plain arrays, for ``from_bytes``."""
        packed = io.BytesIO()
        terms = json.dumps(self.grams.terms, ensure_ascii=False).encode()
        np.savez(
            packed,
            terms=np.frombuffer(terms, dtype=np.uint8),
            term_weights=self.grams.weights,
            words=np.array(self.grams.words),
            gram_weights=self.by_grams.weights.astype(np.float16),
            gram_bias=self.by_grams.bias,
            meaning_weights=self.by_meaning.weights,
            meaning_bias=self.by_meaning.bias,
            mix=self.mix,
        )
        return packed.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Heads:
        """The reverse of ``to_bytes``."""
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            grams = Grams(json.loads(stored["terms"].tobytes()), stored["term_weights"], int(stored["words"]))
            by_grams = Linear(stored["gram_weights"].astype(np.float32), stored["gram_bias"])
            by_meaning = Linear(stored["meaning_weights"], stored["meaning_bias"])
            return cls(grams, by_grams, by_meaning, stored["mix"])


def features(by_grams: Floats, by_meaning: Floats) -> Floats:
    """
    What the last step weighs, one row: for each reader and head the score of the worst part, and how far the mean of
    all parts lies below it. The arguments are parts by heads; meaning may have been read in the worst parts only.
    """
    columns: list[Floats] = []
    for scores in (by_grams, by_meaning):
        worst = scores.max(axis=0)
        columns += [worst, scores.mean(axis=0) - worst]
    return np.concatenate(columns).astype(np.float32)


def worst_parts(by_grams: Floats, lengths: Sequence[int], budget: int) -> list[int]:
    """
    Which parts meaning is read in: the worst by their grams, as many as have *budget* words together, at least one.

    Meaning takes a tenth of a millisecond a word, and nobody should wait longer for having told more.
    """
    high = LEVELS.index("high")
    chosen: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -float(by_grams[place, high])):
        if chosen and sum(lengths[at] for at in chosen) + lengths[place] > budget:
            break
        chosen.append(place)
    return sorted(chosen)
