"""
Decides whether the words after a cue are a name, and how many of them.

The stronger the cue, the more is believed: after ``sgt`` nearly every word is a name, after ``my wife`` most are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.privacy.message import Word, words_in
from bot.privacy.number_checks import Found
from bot.privacy.words import WordBook


def titled(text: str, start: int, end: int, book: WordBook) -> Found:
    """After ``sgt`` or ``dr``: whatever is not something that a title goes with, or something one does."""

    def first(word: Word) -> bool:
        lower = word.lower
        if word.title and lower in book.names_and_words:
            return True
        if book.is_kept(lower) or book.is_in("after_a_rank", lower) or book.is_in("never_after_a_title", lower):
            return False
        if word.title or book.is_name(lower) or lower in book.names_and_words:
            return True
        return not book.is_ordinary(lower) or book.is_only_a_noun(lower)

    words = words_in(text, start, end)
    if len(words) > 1 and _could_be_a_first_name(words[0].lower, book) and _is_surname_after(text, words, book):
        return words[0].start, longest_name(text, words[1:], book)
    return _name(text, start, end, book, first)


def _could_be_a_first_name(lower: str, book: WordBook) -> bool:
    """``sunny``, ``bonny``: a quality, never something one does or a title goes with."""
    return not (book.is_kept(lower) or book.is_in("after_a_rank", lower) or book.is_something_one_does(lower))


def _is_surname_after(text: str, words: Sequence[Word], book: WordBook) -> bool:
    return text[words[0].end : words[1].start] == " " and _continues(words[1], book)


def introduced(text: str, start: int, end: int, book: WordBook) -> Found:
    """After ``my name is`` a surname that is also a thing goes too: nobody names a thing there without an article."""
    found = titled(text, start, end, book)
    following = words_in(text, found[1], end) if found else []
    if found is None or not following or text[found[1] : following[0].start] != " ":
        return found
    lower = following[0].lower
    surname = book.is_only_a_noun(lower) and not book.is_kept(lower) and not book.is_in("after_a_rank", lower)
    return (found[0], following[0].end) if surname else found


def ranked(text: str, start: int, end: int, book: WordBook) -> Found:
    """After ``officer`` or ``my wife`` ordinary words are common: a name is listed, unknown, or has a capital."""

    def first(word: Word) -> bool:
        lower = word.lower
        if word.title and lower in book.names_and_words:
            return True
        if book.is_kept(lower) or book.is_in("after_a_rank", lower):
            return False
        if book.is_name(lower) or (len(lower) > 2 and not book.is_ordinary(lower)):
            return True
        return book.is_only_a_noun(lower) if word.title else _is_name_in_lower_case(lower, book)

    return _name(text, start, end, book, first)


def nicknamed(text: str, start: int, end: int, book: WordBook) -> Found:
    """After ``they call me`` a thing is a name; something one is or does is not."""

    def first(word: Word) -> bool:
        lower = word.lower
        if book.is_kept(lower) or book.is_in("after_a_rank", lower):
            return False
        if word.title or book.is_name(lower) or not book.is_ordinary(lower):
            return True
        return book.is_thing(lower) or _is_name_in_lower_case(lower, book)

    words = words_in(text, start, end)
    if len(words) > 1 and book.is_in("epithets", words[0].lower) and first(words[1]):  # big tuna
        return words[0].start, longest_name(text, words[1:], book)
    return _name(text, start, end, book, first)


def told(text: str, start: int, end: int, book: WordBook) -> Found:
    """After ``tell`` a name is listed, or no word at all."""

    def first(word: Word) -> bool:
        lower = word.lower
        return not book.is_kept(lower) and (book.is_name(lower) or (len(lower) > 2 and not book.is_ordinary(lower)))

    return _name(text, start, end, book, first)


def listed(text: str, start: int, end: int, book: WordBook) -> Found:
    """In a row of names: one that is a word too, if it is much of a name."""
    lower = text[start:end].lower()
    return (start, end) if not book.is_kept(lower) and _is_name_in_lower_case(lower, book) else None


def unheard_of(text: str, start: int, end: int, book: WordBook) -> Found:
    """What is no word of the language, its figures aside: where a town or an account is named, it is that."""
    word = text[start:end].lower().rstrip("0123456789")
    return None if book.is_ordinary(word) else (start, end)


def not_an_abbreviation(text: str, start: int, end: int, book: WordBook) -> Found:
    """Not ``DUI 4471``: letters that the trade uses."""
    return None if book.is_kept(text[start : start + 3].lower()) else (start, end)


def _is_name_in_lower_case(lower: str, book: WordBook) -> bool:
    return lower in book.names_and_words and not book.is_in("words_in_lower_case", lower)


def _name(text: str, start: int, end: int, book: WordBook, first: Callable[[Word], bool]) -> Found:
    words = words_in(text, start, end)
    if len(words) > 1 and len(words[0].text) == 1 and text[words[0].end] == ".":  # an initial: a name must follow
        return (words[0].start, longest_name(text, words[1:], book)) if first(words[1]) else None
    return (words[0].start, longest_name(text, words, book)) if words and first(words[0]) else None


def longest_name(text: str, words: Sequence[Word], book: WordBook) -> int:
    """Where the name ends that begins with the first of *words*."""
    end, previous = words[0].end, words[0]
    for index, word in enumerate(words[1:4], start=1):
        if not _one_name(text, previous, word):
            break
        following = words[index + 1] if index + 1 < len(words) else None
        if book.is_in("name_particles", word.lower) or (len(word.text) == 1 and text[word.end : word.end + 1] == "."):
            if following is None or not _continues(following, book):
                break
        elif _continues(word, book):
            end = word.end
        else:
            break
        previous = word
    return end


def _one_name(text: str, previous: Word, word: Word) -> bool:
    """Nothing lies between the two but a space, or the stop of an initial."""
    between = text[previous.end : word.start]
    return "\n" not in between and (not between.strip() or (between.strip() == "." and len(previous.text) < 3))


def _continues(word: Word, book: WordBook) -> bool:
    lower = word.lower
    if book.is_kept(lower) or book.is_in("after_a_rank", lower):
        return False
    return word.title or book.is_name(lower) or (len(lower) > 3 and not book.is_ordinary(lower))
