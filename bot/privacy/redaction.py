"""
Takes out of a message whatever could name the officer who wrote it.

First the recognisers of ``recognisers.yml``, until they find nothing more; then spaCy's NER on what is left. What
triage and the assistant need is shielded: crisis numbers, words of distress, ranks, law, states (``lists/keep.yml``).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NewType, Protocol

from bot.logs import get_logger
from bot.privacy.entities import Entities
from bot.privacy.message import Span, Text
from bot.privacy.recognisers import Recogniser
from bot.privacy.recognisers import load as load_recognisers
from bot.privacy.shields import Shields
from bot.privacy.words import WordBook

RedactedText = NewType("RedactedText", str)  # only Redactor.redact() makes one

log = get_logger(__name__)

_PASSES = 12  # one or two are usual; each takes something out, so this only bounds what is written to be hard
_OTHER_LABELS = ("organisation", "place", "name")


class Finder(Protocol):
    """What looks for entities: spaCy and presidio, or nothing."""

    def find(self, text: Text) -> Iterable[Span]: ...

    def forget_words(self) -> None: ...


class Redactor:
    """Replaces each identifying span by its label: ``[badge number]``. Safe to call from several threads."""

    def __init__(self, recognisers: Sequence[Recogniser], book: WordBook, entities: Finder | None = None) -> None:
        self._recognisers = tuple(recognisers)
        self._book = book
        self._entities = entities
        self._rank = {recogniser.label: rank for rank, recogniser in reversed(list(enumerate(self._recognisers)))}
        self.labels = frozenset({recogniser.label for recogniser in self._recognisers} | {*_OTHER_LABELS})
        self._labels = re.compile(rf"\[(?:{'|'.join(sorted(self.labels))})\]")
        self._shields = Shields(book)

    @classmethod
    def load(cls) -> Redactor:
        """Blocks for seconds. Without the language model the patterns work alone; raw text never passes."""
        book = WordBook.load()
        try:
            entities: Finder | None = Entities.load(book)
        except Exception as error:  # a model that is missing or broken must not open the way for raw text
            log.error("redaction.no_model", error=type(error))
            entities = None
        return cls(load_recognisers(), book, entities)

    @classmethod
    def patterns_only(cls) -> Redactor:
        """Ready in well under a second, for measuring and for tests; needs no model in memory."""
        return cls(load_recognisers(), WordBook.load())

    def redact(self, text: str) -> RedactedText:
        """*text* without what could name somebody, nor invisible characters; redacting it again changes nothing."""
        text = _plain(text)
        for _ in range(_PASSES):
            found = self._find(text)
            if not found:
                break
            text = self._replaced(text, found)
        return RedactedText(text)

    def forget_words(self) -> None:
        """Drops the words of officers that the language model still holds; call it when conversations are swept."""
        if self._entities is not None:
            self._entities.forget_words()

    def _find(self, text: str) -> list[Span]:
        """Spans that do not overlap, in order. The costly look happens only where the patterns find nothing more."""
        whole = Text.of(text)
        protected = _merged([*(match.span() for match in self._labels.finditer(text)), *self._shields.find(whole)])
        spans = [span for recogniser in self._recognisers for span in recogniser.find(whole, self._book)]
        found = _joined(text, _outside(text, spans, protected), self._rank)
        return found or _joined(text, _outside(text, self._ask_entities(whole), protected), self._rank)

    def _ask_entities(self, text: Text) -> list[Span]:
        if self._entities is None:
            return []
        try:
            return list(self._entities.find(text))
        except Exception as error:
            log.error("redaction.entities_failed", error=type(error))
            return []

    @staticmethod
    def _replaced(text: str, spans: Sequence[Span]) -> str:
        pieces, end = [], 0
        for span in spans:
            pieces += [text[end : span.start], f"[{span.label}]"]
            end = span.end
        return "".join([*pieces, text[end:]])


def _plain(text: str) -> str:
    """One way of writing each character: no ligatures, no wide digits, nothing invisible between two digits."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("ʼ", "'")
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cs", "Co"))


def _merged(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same parts in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _outside(text: str, spans: Iterable[Span], protected: Sequence[tuple[int, int]]) -> list[Span]:
    """What is left of *spans* when the protected parts are cut out of them."""
    kept, ends = [], [last for _, last in protected]
    for span in spans:
        start = span.start
        for first, last in protected[bisect_right(ends, start) :]:
            if first >= span.end:
                break
            if _says_something(text[start:first]):
                kept.append(Span(start, first, span.label))
            start = max(start, last)
        if start < span.end and _says_something(text[start : span.end]):
            kept.append(Span(start, span.end, span.label))
    return kept


def _says_something(piece: str) -> bool:
    return any(sign.isalnum() for sign in piece)


def _joined(text: str, spans: Iterable[Span], rank: dict[str, int]) -> list[Span]:
    """Overlapping spans become one, with the label of the recogniser that stands first in the file."""
    joined: list[Span] = []
    for span in sorted(spans):
        last = joined[-1] if joined else Span(-1, -1, "")
        next_to = last.label == span.label and last.end >= 0 and not text[last.end : span.start].strip()
        if span.start < last.end or next_to:
            label = min(last.label, span.label, key=lambda name: rank.get(name, len(rank)))
            joined[-1] = Span(last.start, max(last.end, span.end), label)
        else:
            joined.append(span)
    return joined
