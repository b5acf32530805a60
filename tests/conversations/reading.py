"""
The Flesch-Kincaid grade of a text: how many years of school it asks for. Our own, because the packages guess syllables no better.
"""

from __future__ import annotations

import re

FEWEST = 8  # the formula says nothing about fewer words

_NUMBERS = re.compile(r"\b[\d][\d\-.,]*\b|\{\w+\}")
_VOWELS = re.compile(r"[aeiouy]+")


def grade(text: str) -> float:
    """0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid 1975). A line of a list ends a sentence."""
    plain = _NUMBERS.sub(" ", text)
    sentences = [words for words in (_words(part) for part in re.split(r"[.!?\n]+", plain)) if words]
    words = [word for sentence in sentences for word in sentence]
    if len(words) < FEWEST:
        return 0.0
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """Groups of vowels, without the silent e; good to about one word in ten."""
    word = word.lower()
    count = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    if word.endswith("ed") and not word.endswith(("ted", "ded")) and count > 1:
        count -= 1
    return max(count, 1)


def _words(sentence: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z']*", sentence)
