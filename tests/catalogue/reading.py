"""
How hard a text is to read: the grade of Flesch and Kincaid, with syllables counted by rule.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_SENTENCE_END = re.compile(r"[.?!](?:\s|$)")


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; at least one."""
    plain = word.lower().replace("'", "")
    groups = len(re.findall(r"[aeiouy]+", plain))
    silent = plain.endswith("e") and not plain.endswith(("le", "ee")) and groups > 1
    ed = plain.endswith("ed") and len(plain) > 3 and plain[-3] not in "td" and groups > 1
    return max(1, groups - int(silent) - int(ed))


def grade(text: str) -> float:
    """The school grade that can read *text*."""
    words = _WORD.findall(text)
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * spoken / max(1, len(words)) - 15.59
