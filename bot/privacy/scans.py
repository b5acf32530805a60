"""
Looks at every word of a text for names, towns and numbers that no cue announces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from bot.privacy.message import Span, Text, Word, begins_a_sentence
from bot.privacy.name_checks import longest_name
from bot.privacy.number_checks import keypad
from bot.privacy.words import WordBook

Scan = Callable[[Text, WordBook], Iterator[Span]]

_BEFORE_A_TOWN = re.compile(
    r"\b(in|from|near|to|of|outside|around|at|for|through|towards?|leaving|left|policed|en|living)\s+$", re.IGNORECASE
)
_SURELY_BEFORE_A_TOWN = ("in", "from", "near", "outside")
_SURNAME = re.compile(r"(?:Mc|Mac|O'|D'|De|La|Le|Di|Du|Van|Fitz)?[A-Z][a-z]+(?:[-'](?:Mc|Mac|O')?[A-Z]?[a-z]+)*")


def names(message: Text, book: WordBook) -> Iterator[Span]:
    """Listed names wherever they stand; those that are also words only with a capital inside a sentence."""
    text, words = message.text, message.words
    for index, word in enumerate(words):
        if not _is_name_here(text, words, index, book):
            continue
        start, before = word.start, words[index - 1] if index else None
        if before and before.title and book.is_in("epithets", before.lower) and text[before.end : word.start] == " ":
            start = before.start
        yield Span(start, longest_name(text, words[index : index + 4], book), "name")


def _is_name_here(text: str, words: Sequence[Word], index: int, book: WordBook) -> bool:
    word = words[index]
    if book.is_kept(word.lower):
        return False
    if book.is_name(word.lower):
        return True
    if not word.title or word.lower not in book.names_and_words:
        return False
    if not begins_a_sentence(text, word.start):
        return not book.is_in("only_after_a_cue", word.lower)
    following = words[index + 1] if index + 1 < len(words) else None
    if following is None or text[word.end : following.start] != " ":
        return False
    if following.title and (book.is_name(following.lower) or book.is_stranger(following.lower)):
        return True
    doubtful = book.is_in("words_in_lower_case", word.lower) or book.is_in("not_at_the_beginning", word.lower)
    return book.is_in("people_say" if doubtful else "people_do", following.lower)


def strangers(message: Text, book: WordBook) -> Iterator[Span]:
    """Words with a capital that no list knows; without a dictionary, all that need not be kept."""
    text, words = message.text, message.words
    for index, word in enumerate(words):
        if not _SURNAME.fullmatch(word.text) or book.is_kept(word.lower) or not book.is_stranger(word.lower):
            continue
        label = "place" if _before_a_town(text, word) else "name"
        yield Span(word.start, longest_name(text, words[index : index + 4], book), label)


def towns(message: Text, book: WordBook) -> Iterator[Span]:
    """Towns by their list or their ending. One that is an ordinary word too needs a capital and a preposition."""
    text, words = message.text, message.words
    town_endings = tuple(book.lists["town_endings"])
    for index, word in enumerate(words):
        end = _end_of_town(text, words, index, book) if word.lower in book.town_beginnings else None
        if (
            end is None
            and word.lower in book.towns
            and not book.is_kept(word.lower)
            and _is_town_here(text, word, book)
        ):
            end = word.end
        if end is None and word.lower.endswith(town_endings) and len(word.text) > 6 and book.is_stranger(word.lower):
            end = word.end
        if end is not None:
            yield Span(word.start, end, "place")


def _end_of_town(text: str, words: Sequence[Word], index: int, book: WordBook) -> int | None:
    """Where a town of several words ends that begins here."""
    for last in range(min(index + 3, len(words) - 1), index, -1):
        group = words[index : last + 1]
        joined = re.sub(r"\s+", " ", text[group[0].start : group[-1].end].lower())
        if joined not in book.towns or book.is_in("regions", joined):
            continue
        ordinary = all(book.is_ordinary(word.lower) for word in group)
        if not ordinary or all(word.title for word in group) or _before_a_town(text, group[0]):
            return group[-1].end
    return None


def _is_town_here(text: str, word: Word, book: WordBook) -> bool:
    before = _before_a_town(text, word)
    if not book.is_ordinary(word.lower) or book.is_in("big_towns", word.lower):
        return before is not None or word.title
    return before in _SURELY_BEFORE_A_TOWN and word.title


def _before_a_town(text: str, word: Word) -> str | None:
    """The preposition before *word*, if it is one that towns have."""
    found = _BEFORE_A_TOWN.search(text, max(0, word.start - 12), word.start)
    return found[1].lower() if found else None


def capitals(message: Text, book: WordBook) -> Iterator[Span]:
    """Several ordinary words with capitals inside a sentence are somebody's or something's name: Red Mesa."""
    text, words = message.text, message.words
    if sum(word.title for word in words) * 2 > len(words):  # a headline
        return
    run: list[Word] = []
    for word in words:
        fits = word.title and not book.is_kept(word.lower)
        if run and (not fits or text[run[-1].end : word.start] != " "):
            yield from _several(run)
            run = []
        if fits and (run or not begins_a_sentence(text, word.start)):
            run.append(word)
    yield from _several(run)


def _several(run: Sequence[Word]) -> Iterator[Span]:
    if len(run) > 1:
        yield Span(run[0].start, run[-1].end, "organisation")


_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SAID = {
    **{word: str(value) for value, word in enumerate([*_DIGITS, *_TEENS])},
    **{word: str(value) for value, word in zip(range(20, 100, 10), _TENS, strict=True)},
    "oh": "0",
    "niner": "9",
    "hundred": "00",
    "thousand": "000",
}
_FIGURE = re.compile(
    rf"(?<![\w.$])(?:\d{{1,11}}|{'|'.join(sorted(_SAID, key=len, reverse=True))})(?!\w)", re.IGNORECASE
)
_TELEPHONE = range(7, 16)


def half_spelled(message: Text, book: WordBook) -> Iterator[Span]:
    """A telephone number in figures and words mixed: 202 five five five 0107."""
    if not message.has_digits or message.vocabulary.isdisjoint(_SAID):
        return
    crisis_lines = {keypad(number) for number in book.lists["numbers"]}
    run: list[re.Match[str]] = []
    for figure in [*_FIGURE.finditer(message.text), None]:
        if run and (figure is None or message.text[run[-1].end() : figure.start()].strip(" ,.-()")):
            mixed = len({one[0].isdigit() for one in run}) == 2
            digits = keypad("".join(_SAID.get(one[0].lower(), one[0]) for one in run))
            if mixed and len(digits) in _TELEPHONE and digits not in crisis_lines:
                yield Span(run[0].start(), run[-1].end(), "phone")
            run = []
        if figure:
            run.append(figure)


SCANS: dict[str, Scan] = {
    "half_spelled": half_spelled,
    "names": names,
    "strangers": strangers,
    "towns": towns,
    "capitals": capitals,
}
