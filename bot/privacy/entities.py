"""
Asks spaCy for names of people, places and organisations, and presidio for numbers that carry a checksum.

Only the model's NER is loaded: it has its own embedding, so nothing else of the pipeline is needed (250 MB, 5 ms a message).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from bot.privacy.recognisers import Span, Text
from bot.privacy.words import MODEL, Word, WordBook, words_in

CHUNK = 1000  # characters: the time for a message grows with its length and no faster
_UNUSED = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
_PLACES = frozenset(("GPE", "LOC", "FAC"))
_AGENCY_WORDS = frozenset("police pd sheriff department dept office patrol precinct county corrections academy troop".split())


class Entities:
    """The heavy half of redaction. Safe to call from several threads."""

    def __init__(self, nlp: Any, checksummed: tuple[tuple[Any, str], ...], book: WordBook) -> None:
        self._nlp = nlp
        self._checksummed = checksummed
        self._book = book
        self._turn = threading.Lock()  # spaCy's vocabulary is not made for several threads

    @classmethod
    def load(cls, book: WordBook) -> Entities:
        """Takes seconds: imports spaCy and presidio and loads the model."""
        import spacy
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
        return cls(spacy.load(MODEL, exclude=list(_UNUSED)), checksummed, book)

    def find(self, text: Text) -> Iterator[Span]:
        """Every entity that could name somebody."""
        if text.has_digits:
            yield from self._numbers(text.text)
        if not text.shouted:  # the model has learned nothing from capitals
            for start, end in chunks(text.text):
                yield from self._entities(text.text, start, end)

    def _numbers(self, text: str) -> Iterator[Span]:
        for recogniser, label in self._checksummed:
            for result in recogniser.analyze(text, recogniser.supported_entities, None) or ():
                if result.score >= 0.5:
                    yield Span(result.start, result.end, label)

    def _entities(self, text: str, start: int, end: int) -> Iterator[Span]:
        with self._turn:
            found = [(entity.start_char, entity.end_char, entity.label_) for entity in self._nlp(text[start:end]).ents]
        for first, last, kind in found:
            label = self._label(kind, text[start + first : start + last])
            words = list(words_in(text, start + first, start + last))
            words = self._trimmed(words)
            if label and words and self._names_somebody(text, words, kind):
                yield Span(words[0].start, words[-1].end, label)

    @staticmethod
    def _label(kind: str, text: str) -> str | None:
        if kind == "PERSON":
            return "name"
        if kind in _PLACES:
            return "place"
        if kind == "ORG":
            return "agency" if any(word.lower in _AGENCY_WORDS for word in words_in(text)) else "organisation"
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
        if " ".join(word.lower for word in words) in book.regions:
            return False
        if all(word.text.isupper() and len(word.text) < 6 and not book.is_name(word.lower) for word in words):
            return False  # an acronym: EAP, FFDE
        known = any(book.is_name(word.lower) or word.title and word.lower in book.names_and_words for word in words)
        strange = any(book.is_stranger(word.lower) for word in words)
        if kind == "ORG":
            return (known or strange) and any(word.title for word in words)
        if known or strange:
            return True
        return words[0].title and (len(words) > 1 or _inside_a_sentence(text, words[0].start))


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


def _inside_a_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'(-")
    return bool(before) and before[-1] not in ".!?:\n"
