"""
A message the way the parts of redaction look at it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_WORD = re.compile(r"[^\W\d_](?:[\w'-]*[^\W_])?")
_SPELLED = frozenset(
    (
        "zero",
        "oh",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "niner",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "double",
        "triple",
    )
)


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a text, and what they are."""

    start: int
    end: int
    label: str


class Word(NamedTuple):
    """A word in a text, without the possessive; ``text`` keeps its case, ``lower`` does not."""

    text: str
    start: int
    end: int
    lower: str

    @property
    def title(self) -> bool:
        """Written like a name: ``Dana``, ``O'Neil``, ``McCall``, ``Ortiz-Reyes``; not ``EAP``, not ``iPhone``."""
        return self.text[0].isupper() and not self.text.isupper()


def words_in(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words between *start* and *end*, in order."""
    words = []
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        word = match[0]
        if len(word) > 3 and word[-2:] in ("'s", "'S", "s'", "S'"):
            word = word[:-1].removesuffix("'")
        words.append(Word(word, match.start(), match.start() + len(word), word.lower()))
    return words


class Text(NamedTuple):
    """A message with what every recogniser asks of it, worked out once."""

    text: str
    lower: str
    words: tuple[Word, ...]
    vocabulary: frozenset[str]
    has_digits: bool
    has_numbers: bool  # in digits or spelled out
    has_capitals: bool  # beyond the first letter
    shouted: bool

    @classmethod
    def of(cls, text: str) -> Text:
        words = tuple(words_in(text))
        vocabulary = frozenset(part for word in words for part in (word.lower, *word.lower.split("-")))
        has_digits = any(sign.isdigit() for sign in text)
        letters = sum(sign.isalpha() for sign in text)
        capitals = sum(sign.isupper() for sign in text)
        return cls(
            text,
            text.lower(),
            words,
            vocabulary,
            has_digits,
            has_digits or not _SPELLED.isdisjoint(vocabulary),
            any(sign.isupper() for sign in text[1:]),
            letters > 9 and capitals > 0.7 * letters,
        )


def begins_a_sentence(text: str, start: int) -> bool:
    """True where a capital says nothing about the word."""
    before = text[max(0, start - 12) : start].rstrip(" \"'([-")
    return (not before and start < 12) or before[-1:] in (".", "!", "?", "\n", "\r", "…")
