"""
Scores a message: what a process loads beside the lexicon, in a background thread, and asks where the lexicon is calm.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.embedding.encoder import Encoder
from bot.errors import DataError
from bot.triage.scoring.artefact import LEARNT
from bot.triage.scoring.heads import HEADS, Heads, features, worst_parts
from bot.triage.scoring.reading import parts, plain

LONGEST = 20_000  # characters that are scored; of a longer message the beginning and the end
MEANING_WORDS = 84  # read by the encoder, at most; see worst_parts

Floats = NDArray[np.float32]


class Meaning(Protocol):
    """What ``bot.embedding.encoder.Encoder`` is to the scorer."""

    def of(self, texts: list[str]) -> Floats: ...


class Scorer:
    """Four probabilities of a level and two of whom it is about; the words it has read are kept nowhere."""

    def __init__(self, heads: Heads, encoder: Meaning) -> None:
        self._heads = heads
        self._encoder = encoder

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """The heads of the repository and the encoder in *folder*; raises ``DataError`` when one cannot be had."""
        try:
            raw = LEARNT.read_bytes()
        except OSError:
            raise DataError(f"{LEARNT.name} cannot be read; `python -m bot.learning` makes it") from None
        return cls(Heads.from_bytes(raw), Encoder.load(folder))

    def scores(self, text: str) -> dict[str, float]:
        """The probability of each head, by its name."""
        if len(text) > LONGEST:
            text = text[: LONGEST // 2] + "\n" + text[-LONGEST // 2 :]
        cut = parts(plain(text))
        by_grams = np.stack([self._heads.by_grams.sparse(self._heads.grams.of(part)) for part in cut])
        chosen = worst_parts(by_grams, [len(part.split()) for part in cut], MEANING_WORDS)
        by_meaning = self._heads.by_meaning.dense(self._encoder.of([cut[place] for place in chosen]))
        found = self._heads.probabilities(features(by_grams, by_meaning))
        return dict(zip(HEADS, map(float, found), strict=True))
