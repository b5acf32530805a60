"""
Looks at every word of a text for names and towns that no cue announces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.privacy.checks import longest_name
from bot.privacy.words import Word, WordBook, words_in

Scan = Callable[[str, WordBook, bool], Iterator[tuple[int, int, str]]]

_BEFORE_A_TOWN = re.compile(
    r"\b(?:in|from|near|to|of|outside|around|at|for|through|toward|towards|leaving|left|policed|en|living)\s+$", re.IGNORECASE
)
_STRONG = frozenset("in from near outside".split())
_PEOPLE_DO = frozenset(
    "says said told thinks knew knows asked texted called and on from in is was has had got hung shot died killed put found "
    "left went never always still just keeps kept saw came wants will would could can't didn't doesn't".split()
)
_EPITHETS = frozenset("big little old young lil fat tiny crazy mad uncle aunt".split())
_SURNAME = re.compile(r"(?:Mc|Mac|O'|D'|De|La|Le|Di|Du|Van|Fitz)?[A-Z][a-z]+(?:[-'](?:Mc|Mac|O')?[A-Z]?[a-z]+)*")


def names(text: str, book: WordBook, shouted: bool) -> Iterator[tuple[int, int, str]]:
    """Listed names wherever they stand; those that are also words only with a capital inside a sentence."""
    words = list(words_in(text))
    for index, word in enumerate(words):
        if not _is_name_here(text, words, index, book, shouted):
            continue
        start = word.start
        before = words[index - 1] if index else None
        if before and before.lower in _EPITHETS and before.title and text[before.end : word.start] == " ":
            start = before.start
        yield start, longest_name(text, words[index : index + 4], book, shouted), "name"


def _is_name_here(text: str, words: list[Word], index: int, book: WordBook, shouted: bool) -> bool:
    word = words[index]
    if book.is_kept(word.lower):
        return False
    if book.is_name(word.lower):
        return True
    if shouted or not word.title or word.lower not in book.names_and_words:
        return False
    if not _begins_a_sentence(text, word.start):
        return True
    following = words[index + 1] if index + 1 < len(words) else None
    if following is None or text[word.end : following.start] != " " or word.lower in book.lower_words:
        return False
    surname = following.title and (book.is_name(following.lower) or book.is_stranger(following.lower))
    return surname or following.lower in _PEOPLE_DO


def _begins_a_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'([-")
    return not before or before[-1] in ".!?:;\n\r…"


def strangers(text: str, book: WordBook, shouted: bool) -> Iterator[tuple[int, int, str]]:
    """Words with a capital that no list knows; without a dictionary that is every one not to be kept."""
    if shouted:
        return
    words = list(words_in(text))
    for index, word in enumerate(words):
        if not _SURNAME.fullmatch(word.text) or book.is_kept(word.lower) or not book.is_stranger(word.lower):
            continue
        label = "place" if _BEFORE_A_TOWN.search(text, max(0, word.start - 12), word.start) else "name"
        yield word.start, longest_name(text, words[index : index + 4], book, shouted), label


def towns(text: str, book: WordBook, shouted: bool) -> Iterator[tuple[int, int, str]]:
    """Towns by their lists. One that is an ordinary word too needs a capital and a preposition."""
    words = list(words_in(text))
    for index, word in enumerate(words):
        several = _town_of_several_words(text, words, index, book, shouted) if word.lower in book.town_starts else None
        if several:
            yield word.start, several, "place"
        elif word.lower in book.towns and not book.is_kept(word.lower) and _is_town_here(text, word, book, shouted):
            yield word.start, word.end, "place"


def _town_of_several_words(text: str, words: list[Word], index: int, book: WordBook, shouted: bool) -> int | None:
    for last in range(min(index + 3, len(words) - 1), index, -1):
        group = words[index : last + 1]
        joined = re.sub(r"\s+", " ", text[group[0].start : group[-1].end].lower())
        if joined not in book.towns or joined in book.regions:
            continue
        ordinary = all(book.is_ordinary(word.lower) for word in group)
        capitals = all(word.text[0].isupper() for word in group) and not shouted
        if capitals or not ordinary or _BEFORE_A_TOWN.search(text, max(0, group[0].start - 12), group[0].start):
            return group[-1].end
    return None


def _is_town_here(text: str, word: Word, book: WordBook, shouted: bool) -> bool:
    before = _BEFORE_A_TOWN.search(text, max(0, word.start - 12), word.start)
    if not book.is_ordinary(word.lower):
        return before is not None or word.title and not shouted
    if word.lower in book.big_towns:
        return before is not None or word.title and not shouted and not _begins_a_sentence(text, word.start)
    return before is not None and before[0].strip().lower() in _STRONG and word.title and not shouted


SCANS: dict[str, Scan] = {"names": names, "strangers": strangers, "towns": towns}
