"""
Decides whether a phrase singles out one agency, building or street, and which of its words have to go.
"""

from __future__ import annotations

from bot.privacy.message import Word, words_in
from bot.privacy.number_checks import Found
from bot.privacy.words import WordBook

_JOINING = frozenset(("of", "and", "at", "po", "post", "office"))


def agency(text: str, start: int, end: int, book: WordBook) -> Found:
    """Not ``the police``, not ``a small town pd``; a state in front stays, because its law applies."""
    return _singled_out(text, start, end, book, "agency_words")


def facility(text: str, start: int, end: int, book: WordBook) -> Found:
    """Not ``the hospital``, not ``High School``."""
    return _singled_out(text, start, end, book, "facility_words")


def _singled_out(text: str, start: int, end: int, book: WordBook, kinds: str) -> Found:
    words = words_in(text, start, end)
    after_region = False
    while words:
        lower = words[0].lower
        if after_region and book.is_in(kinds, lower):  # Ohio | State Highway Patrol
            return words[0].start, end
        if _singles_out(words[0], book) and (not book.is_kept(lower) or book.is_in(kinds, lower)):
            break
        after_region = book.is_in("regions", lower)
        words = words[1:]
    if all(book.is_in(kinds, word.lower) or book.is_kept(word.lower) for word in words):
        return None
    return words[0].start, end


def _singles_out(word: Word, book: WordBook) -> bool:
    """An ordinary word in lower case does not."""
    lower = word.lower
    listed = lower in book.towns or lower in book.names_and_words or book.is_in("compass", lower) or book.is_name(lower)
    return listed or word.title or not book.is_ordinary(lower)


def address(text: str, start: int, end: int, book: WordBook) -> Found:
    """Not ``3 nights on the street``, not ``a 12 hour drive``, not ``side street``."""
    words = [word for word in words_in(text, start, end) if len(word.text) > 1]
    named = [word.lower for word in words[:-1]]
    if not named:
        return start, end
    numbered = text[start].isdigit()
    if any(book.is_in("counted", word) for word in named) or (not numbered and book.is_in("side_streets", named[0])):
        return None
    inner = [word for word in named if not book.is_in("regions", word) and word not in _JOINING]
    kept = [word for word in inner if book.is_kept(word) and word not in book.names_and_words]
    if kept and (named[0] in kept if numbered else not any(sign.isdigit() for sign in text[start:end])):
        return None
    quality = book.is_ordinary(named[0]) and not book.is_only_a_noun(named[0])
    return None if quality and not numbered and not words[0].title else (start, end)
