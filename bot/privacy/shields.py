"""
Finds what redaction must not touch, whatever it looks like: crisis numbers, sayings, law, states of two words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.privacy.message import Text
from bot.privacy.words import WordBook

_NOT_PART_OF_MORE = re.compile(r"(?!\w|-?\d|,?\s+(?:19|20)\d\d)")


class Shields:
    """The ``numbers``, ``phrases`` and longer ``regions`` of ``keep.yml``."""

    def __init__(self, book: WordBook) -> None:
        phrases = sorted(book.lists["phrases"] | {region for region in book.lists["regions"] if " " in region})
        self._by_first_word: dict[str, list[str]] = {}
        for phrase in phrases:
            if phrase[0].isalpha():
                first = re.split(r"[^\w'-]", phrase)[0]
                self._by_first_word.setdefault(first, []).append(phrase)
        figures = (re.escape(phrase) for phrase in phrases if not phrase[0].isalpha())
        self._figures = re.compile(rf"(?<!\w)(?:{'|'.join(figures)}){_NOT_PART_OF_MORE.pattern}", re.IGNORECASE)
        self._numbers = re.compile("|".join(_number(number) for number in sorted(book.lists["numbers"])), re.IGNORECASE)

    def find(self, text: Text) -> Iterator[tuple[int, int]]:
        """The protected parts, in no order."""
        if text.has_digits:
            for pattern in (self._numbers, self._figures):
                yield from (match.span() for match in pattern.finditer(text.text))
        for word in text.words:
            for phrase in self._by_first_word.get(word.lower, ()):
                end = word.start + len(phrase)
                if text.lower.startswith(phrase, word.start) and _NOT_PART_OF_MORE.match(text.text, end):
                    yield word.start, end


def _number(number: str) -> str:
    """A short code by itself, or a phone number in any way of writing it, with letters too where they spell a word."""
    digits = re.sub(r"\W", "", number)
    if len(digits) < 7:
        return rf"(?<![\w.#-])(?<!\d\s){digits}(?![\w-]|[.\s]\d)"
    if any(sign.isalpha() for sign in number):
        return rf"(?<![\w.-])(?:1-)?{re.escape(number.removeprefix('1-'))}(?!\w)"
    area, exchange, line = digits[-10:-7], digits[-7:-4], digits[-4:]
    return rf"(?<![\w.-])(?:\+?1[\s.-]{{0,2}})?\(?{area}\)?[\s.-]{{0,2}}{exchange}[\s.-]{{0,2}}{line}(?![\w-])"
