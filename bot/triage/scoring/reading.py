"""
Cuts a message into the parts that are scored, without numbers and links: no date and no name is a sign of distress.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.yaml_files import read_yaml

PART_WORDS = 28  # a part is a sentence or some short ones; longer ones are cut with an overlap
OVERLAP_WORDS = 8
MAX_PARTS = 120  # of a longer message the beginning and the end are read

STAND_INS = Path(__file__).with_name("stand_ins.yml")

_LABEL = re.compile(r"\[([a-z /]{1,40})\]", re.IGNORECASE)  # what redaction leaves in the place of a name
_NUMBER = re.compile(r"(?:[#@$]\s?)?\b\d[\d.,:/\-]*(?:st|nd|rd|th|am|pm)?\b", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+|\bwww\.\S+|\S+@\S+\.\S+", re.IGNORECASE)
_SIGNS = {ord(c): "'" for c in "’‘‛`´ʼ′＇"} | {ord(c): '"' for c in "“”„‟«»″＂"}
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """*text* in lower case and one kind of quotes, without numbers and links; a word for each label of redaction."""
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    text = _LABEL.sub(lambda label: _stand_ins().get(label[1].lower(), " "), text)
    for pattern in (_LINK, _NUMBER):
        text = pattern.sub(" ", text)
    return text.lower()


def parts(text: str) -> list[str]:
    """The parts of a plain text, in order; at least one, each of at most ``PART_WORDS`` words."""
    found = list(_merged(text))
    if len(found) > MAX_PARTS:
        found = found[: MAX_PARTS // 2] + found[-MAX_PARTS // 2 :]
    return found or [""]


@cache
def _stand_ins() -> dict[str, str]:
    return dict(read_yaml(STAND_INS))


def _merged(text: str) -> Iterator[str]:
    held: list[str] = []
    for sentence in _SENTENCE.split(text):
        words = _SPACE.split(sentence.strip())
        if held and len(held) + len(words) > PART_WORDS:
            yield " ".join(held)
            held = []
        held += [word for word in words if word]
        while len(held) > PART_WORDS:
            yield " ".join(held[:PART_WORDS])
            held = held[PART_WORDS - OVERLAP_WORDS :]
    if held:
        yield " ".join(held)
