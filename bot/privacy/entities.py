"""
Asks spaCy for names of people, places and organisations, and presidio for numbers that carry a checksum.

spaCy is asked only where a capital is left that no list explains; without capitals its model finds nothing of use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.privacy.language_model import LanguageModel
from bot.privacy.message import Span, Text, Word, begins_a_sentence, words_in
from bot.privacy.words import WordBook

CHUNK = 1000  # characters: the time for a message grows with its length and no faster
_PLACES = frozenset(("GPE", "LOC", "FAC"))


class Entities:
    """The heavy half of redaction. Safe to call from several threads."""

    def __init__(self, model: LanguageModel, checksummed: tuple[tuple[Any, str], ...], book: WordBook) -> None:
        self._model = model
        self._checksummed = checksummed
        self._book = book

    @classmethod
    def load(cls, book: WordBook) -> Entities:
        """Takes seconds: imports spaCy and presidio and loads the model."""
        from presidio_analyzer.predefined_recognizers import (
            CreditCardRecognizer,
            CryptoRecognizer,
            IbanRecognizer,
            IpRecognizer,
            UsItinRecognizer,
            UsSsnRecognizer,
        )

        checksummed = (
            (CreditCardRecognizer(), "card number"),
            (IbanRecognizer(), "account number"),
            (CryptoRecognizer(), "account number"),
            (IpRecognizer(), "ip address"),
            (UsSsnRecognizer(), "id number"),
            (UsItinRecognizer(), "id number"),
        )
        return cls(LanguageModel(), checksummed, book)

    def forget_words(self) -> None:
        """Drops every word that the model's vocabulary picked up."""
        self._model.forget_words()

    def find(self, text: Text) -> Iterator[Span]:
        """Every entity that could name somebody."""
        if text.has_digits:
            yield from self._numbers(text.text)
        for start, end in chunks(text.text):
            if not text.shouted and self._could_hold_a_name(text.text, start, end):
                yield from self._entities(text.text, start, end)

    def _could_hold_a_name(self, text: str, start: int, end: int) -> bool:
        """The model needs capitals to see a name; listed names, and those after a cue, are gone by now in any case."""
        return any(
            word.title and not self._book.is_kept(word.lower) and not self._opens_with(word, text)
            for word in words_in(text, start, end)
        )

    def _opens_with(self, word: Word, text: str) -> bool:
        return begins_a_sentence(text, word.start) and self._book.is_ordinary(word.lower)

    def _numbers(self, text: str) -> Iterator[Span]:
        for recogniser, label in self._checksummed:
            for result in recogniser.analyze(text, recogniser.supported_entities, None) or ():
                if result.score >= 0.5:
                    yield Span(result.start, result.end, label)

    def _entities(self, text: str, start: int, end: int) -> Iterator[Span]:
        for first, last, kind in self._model.entities(text[start:end]):
            label = self._label(kind, text[start + first : start + last])
            words = self._trimmed(words_in(text, start + first, start + last))
            if label and words and self._names_somebody(text, words, kind):
                yield Span(words[0].start, words[-1].end, label)

    def _label(self, kind: str, text: str) -> str | None:
        if kind == "PERSON":
            return "name"
        if kind in _PLACES:
            return "place"
        if kind == "ORG":
            return (
                "agency"
                if any(self._book.is_in("agency_words", word.lower) for word in words_in(text))
                else "organisation"
            )
        return None

    def _trimmed(self, words: list[Word]) -> list[Word]:
        """Without the words at both ends that have to stay."""
        while words and self._book.is_kept(words[0].lower):
            words = words[1:]
        while words and self._book.is_kept(words[-1].lower):
            words = words[:-1]
        return words

    def _names_somebody(self, text: str, words: list[Word], kind: str) -> bool:
        book = self._book
        if book.is_in("regions", " ".join(word.lower for word in words)):
            return False
        capitals = [word.lower for word in words if word.title]
        if not capitals or (len(words) == 1 and self._opens_with(words[0], text)):
            return False  # EAP, FFDE; "Numb" at the beginning of a sentence
        return kind != "ORG" or any(book.is_stranger(word) or self._is_surname(word) for word in capitals)

    def _is_surname(self, word: str) -> bool:
        return word in self._book.names_and_words and not self._book.is_in("only_after_a_cue", word)


def chunks(text: str) -> Iterator[tuple[int, int]]:
    """Cuts *text* into pieces of at most ``CHUNK`` characters, between words where there are words."""
    start = 0
    while start < len(text):
        end = min(start + CHUNK, len(text))
        if end < len(text):
            cut = max(text.rfind(mark, start + CHUNK // 2, end) for mark in "\n .!?")
            end = cut + 1 if cut > start else end
        yield start, end
        start = end
