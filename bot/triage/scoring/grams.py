"""
Turns a text into weighted counts of its words, pairs of words, and pieces of words, so that misspellings still count.

Written out here because scikit-learn would cost the edge a second of its start and 60 MB; ``learning`` uses the same
code, so that what is learnt is what is run.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.int32]

SHORTEST, LONGEST = 2, 5  # letters of a piece
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LONGEST_WORD = 24  # what is longer is no word; its beginning is read


@dataclass(frozen=True, slots=True)
class Sparse:
    """Where a text has something, and how much of it."""

    places: Places
    values: Floats


class Grams:
    """The terms that were learnt, each with its place and its weight. Words begin with a space, pieces do not."""

    def __init__(self, terms: Sequence[str], weights: Floats, words: int) -> None:
        self._place: Mapping[str, int] = {term: place for place, term in enumerate(terms)}
        self.terms = tuple(terms)
        self.weights = weights
        self.words = words  # so many of the terms are words and pairs; the rest are pieces

    @classmethod
    def learn(cls, texts: Sequence[str], least: int = 2) -> Grams:
        """The terms that at least *least* of the *texts* have, rarer ones weighing more."""
        words, pieces = Counter[str](), Counter[str]()
        for text in texts:
            found = _words(text)
            words.update(set(_of_words(found)))
            pieces.update(set(_of_pieces(found)))
        kept = [sorted(term for term, count in counts.items() if count >= least) for counts in (words, pieces)]
        counts = [*(words[term] for term in kept[0]), *(pieces[term] for term in kept[1])]
        weights = [math.log((1 + len(texts)) / (1 + count)) + 1 for count in counts]
        return cls([*kept[0], *kept[1]], np.array(weights, dtype=np.float32), len(kept[0]))

    def of(self, text: str) -> Sparse:
        """The terms of a plain *text*; words and pieces each have length 1 together."""
        found = _words(text)
        counts = Counter(place for place in map(self._place.get, _of_words(found)) if place is not None)
        counts.update(place for place in map(self._place.get, _of_pieces(found)) if place is not None)
        places = np.fromiter(sorted(counts), dtype=np.int32, count=len(counts))
        values = np.array([1 + math.log(counts[place]) for place in places.tolist()], dtype=np.float32)
        values = values * self.weights[places]
        border = int(np.searchsorted(places, self.words))
        for half in (values[:border], values[border:]):
            half /= max(float(np.linalg.norm(half)), 1e-9)
        return Sparse(places, values)


def _words(text: str) -> list[str]:
    return [word[:_LONGEST_WORD] for word in _WORD.findall(text)]


def _of_words(words: Sequence[str]) -> Iterator[str]:
    before = ""
    for word in words:
        yield " " + word
        yield f" {before} {word}"
        before = word


def _of_pieces(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        padded = f"_{word}_"
        for size in range(SHORTEST, LONGEST + 1):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
            if size >= len(padded):
                break
