"""
Measures how many years of school a text asks for: the grade of Flesch and Kincaid, with syllables counted by rule.

Our own, because packages guess syllables no better: they hyphenate for print, and a hyphen is not a syllable.
"""

from __future__ import annotations

import re

FEWEST = 8  # the formula says nothing about fewer words

_NUMBERS = re.compile(r"\b[\d][\d\-.,/]*\b|\{\w+\}")
_VOWELS = re.compile(r"[aeiouy]+")
_WORD = re.compile(r"[A-Za-z][A-Za-z']*")


def grade(text: str) -> float:
    """0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid 1975). A line of a list ends a sentence."""
    plain = _NUMBERS.sub(" ", text)
    sentences = [words for words in (_WORD.findall(part) for part in re.split(r"[.!?\n]+", plain)) if words]
    words = [word for sentence in sentences for word in sentence]
    if len(words) < FEWEST:
        return 0.0
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def words(text: str) -> int:
    """How many words the measure sees in *text*."""
    return len(_WORD.findall(_NUMBERS.sub(" ", text)))


def syllables(word: str) -> int:
    """Groups of vowels, without the silent e; good to about one word in ten."""
    plain = word.lower().replace("'", "")
    count = len(_VOWELS.findall(plain))
    if plain.endswith("e") and not plain.endswith(("le", "ee")) and count > 1:
        count -= 1
    if plain.endswith("ed") and not plain.endswith(("ted", "ded")) and count > 1:
        count -= 1
    return max(count, 1)
