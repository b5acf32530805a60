"""
Decides whether what a pattern found is what it looks like, and how much of it has to go.

A check gets a text, a span, the word book and whether the text is all capitals; it returns the span to take out, smaller
perhaps, or ``None``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.privacy.words import Word, WordBook, words_in

Found = tuple[int, int] | None
Check = Callable[[str, int, int, WordBook, bool], Found]

_PARTICLES = frozenset("de la le van von der den del della di da du dos das el al bin ibn ben st mac o san santa".split())
_NOT_NAMES_HERE = frozenset("will rose drew".split())
_COMPASS = frozenset("north south east west central northeast northwest southeast southwest upper lower".split())
_AGENCY = frozenset(
    "police department dept pd so fd dps doc sheriff sheriffs office county parish city town village state highway patrol "
    "corrections correctional facility institution center jail prison penitentiary detention public safety bureau force "
    "service division district precinct station sector barracks township borough marshal marshals constable constabulary "
    "fire rescue of the for in and substation p.d s.o metro metropolitan municipal campus transit school military tribal "
    "traffic detective detectives patrol property internal special federal university college local small big".split()
)
_FACILITY = frozenset(
    "hospital medical center clinic infirmary health general recovery treatment wellness counseling rehab rehabilitation "
    "elementary school middle high grammar primary charter academy college university church chapel cathedral temple "
    "synagogue mosque mall park bridge river creek lake beach forest woods trail mountain hill hills heights valley springs "
    "falls cove bay harbor island hotel motel inn lodge apartments apts towers manor gardens estates arms tavern pub bar "
    "grill diner cafe casino cemetery airport stadium arena plaza square mill farm ranch dam pier ferry tunnel overpass "
    "interchange state national public police junior senior community local new old big county city mental behavioral "
    "private regional trauma psych urgent care of the st saint mount mt fort ft camp port point cape training catholic "
    "christian baptist methodist night dive sports cop".split()
)
_COUNTED = frozenset("hour hours hr minute minutes min day days night nights year years mile miles week weeks am pm".split())
_SIDE_STREETS = frozenset("side city back beat home same wrong own other busy dark quiet whole main".split())


# -- numbers


def luhn(text: str, start: int, end: int, _book: WordBook, _shouted: bool) -> Found:
    """A payment card (ISO/IEC 7812)."""
    digits = [int(digit) for digit in text[start:end] if digit.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (start, end) if total % 10 == 0 else None


def iban(text: str, start: int, end: int, _book: WordBook, _shouted: bool) -> Found:
    """An international bank account (ISO 13616); words that were caught at its end are given back."""
    while end > start:
        code = re.sub(r"\s", "", text[start:end]).upper()
        if 15 <= len(code) <= 34 and int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1:
            return start, end
        end = text.rfind(" ", start, end)
    return None


def vin(text: str, start: int, end: int, _book: WordBook, _shouted: bool) -> Found:
    """A vehicle's number has letters and at least five digits (ISO 3779 leaves no room for a word)."""
    code = text[start:end]
    return (start, end) if sum(sign.isdigit() for sign in code) > 4 and any(sign.isalpha() for sign in code) else None


def phone(text: str, start: int, end: int, book: WordBook, _shouted: bool) -> Found:
    """Any number but a crisis line's."""
    return None if keypad(text[start:end]) in {keypad(number) for number in book.numbers} else (start, end)


def keypad(number: str) -> str:
    """The digits that are dialled, letters too, without the 1 before an area code."""
    keys = "22233344455566677778889999"
    digits = "".join(keys[ord(sign) - 97] if "a" <= sign <= "z" else sign for sign in number.lower() if sign.isalnum())
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def not_years(text: str, start: int, end: int, _book: WordBook, _shouted: bool) -> Found:
    """Not ``2019-2023``, and not a crisis line's short code."""
    return None if re.fullmatch(r"(?:19|20)\d\d-(?:19|20)\d\d|988|911", text[start:end]) else (start, end)


def date(text: str, start: int, end: int, _book: WordBook, _shouted: bool) -> Found:
    """A day that exists; words around the figures were checked by the pattern."""
    figures = [int(figure) for figure in re.findall(r"\d+", text[start:end])]
    numeric = re.fullmatch(r"[\d/.-]+", text[start:end]) is not None
    if numeric and len(figures) == 3 and figures[0] > 31:
        figures = figures[1:] + figures[:1]
    if numeric and len(figures) > 1 and not (min(figures[:2]) <= 12 and max(figures[:2]) <= 31 and min(figures[:2]) > 0):
        return None
    return start, end


def not_a_crisis_site(text: str, start: int, end: int, book: WordBook, _shouted: bool) -> Found:
    """Any link but those of the services that the bot itself names; a sentence's last stop is given back."""
    host = re.sub(r"^(?:https?://)?(?:www\.)?", "", text[start:end].lower())
    if any(host == site or host.startswith((f"{site}/", f"{site}?")) for site in book.sites):
        return None
    return start, start + len(text[start:end].rstrip(".,;:!?)'"))


# -- names


def titled(text: str, start: int, end: int, book: WordBook, shouted: bool) -> Found:
    """After ``sgt`` or ``my name is`` nearly every word is a name."""

    def first(word: Word) -> bool:
        lower = word.lower
        if word.title and not shouted and lower in book.names_and_words:
            return True
        if book.is_kept(lower) or lower in book.job_words or lower in _NOT_NAMES_HERE:
            return False
        if word.title and not shouted or book.is_name(lower) or lower in book.names_and_words:
            return True
        return not book.is_ordinary(lower) or book.is_only_a_noun(lower)

    return _name(text, start, end, book, shouted, first)


def ranked(text: str, start: int, end: int, book: WordBook, shouted: bool) -> Found:
    """After ``officer`` or ``chief`` ordinary words are common: a name is listed, unknown, or has a capital."""

    def first(word: Word) -> bool:
        lower = word.lower
        if book.is_kept(lower) or lower in book.job_words:
            return False
        if book.is_name(lower) or len(lower) > 2 and not book.is_ordinary(lower):
            return True
        if word.title and not shouted:
            return lower in book.names_and_words or book.is_only_a_noun(lower)
        return lower in book.names_and_words and lower not in book.lower_words

    return _name(text, start, end, book, shouted, first)


def nicknamed(text: str, start: int, end: int, book: WordBook, shouted: bool) -> Found:
    """After ``they call me`` a thing is a name, something one is or does is not."""

    def first(word: Word) -> bool:
        lower = word.lower
        if book.is_kept(lower) or lower in book.job_words:
            return False
        if word.title and not shouted or book.is_name(lower) or not book.is_ordinary(lower):
            return True
        return book.is_thing(lower) or lower in book.names_and_words and lower not in book.lower_words

    return _name(text, start, end, book, shouted, first)


def _name(text: str, start: int, end: int, book: WordBook, shouted: bool, first: Callable[[Word], bool]) -> Found:
    words = list(words_in(text, start, end))
    if len(words) > 1 and len(words[0].text) == 1 and text[words[0].end] == ".":  # an initial: a name must follow
        return (words[0].start, longest_name(text, words[1:], book, shouted)) if first(words[1]) else None
    return (words[0].start, longest_name(text, words, book, shouted)) if words and first(words[0]) else None


def longest_name(text: str, words: list[Word], book: WordBook, shouted: bool) -> int:
    """Where the name ends that begins with the first of *words*."""
    end, previous = words[0].end, words[0]
    for index, word in enumerate(words[1:4], start=1):
        between = text[previous.end : word.start]
        if between.strip() not in ("", ".") or "." in between and len(previous.text) > 2 or "\n" in between:
            break
        following = words[index + 1] if index + 1 < len(words) else None
        if word.lower in _PARTICLES or len(word.text) == 1 and text[word.end : word.end + 1] == ".":
            if following is None or not _continues(following, book, shouted):
                break
        elif not _continues(word, book, shouted):
            break
        else:
            end = word.end
        previous = word
    return end


def _continues(word: Word, book: WordBook, shouted: bool) -> bool:
    lower = word.lower
    if book.is_kept(lower) or lower in book.job_words:
        return False
    return word.title and not shouted or book.is_name(lower) or len(lower) > 3 and not book.is_ordinary(lower)


# -- agencies and places


def agency(text: str, start: int, end: int, book: WordBook, shouted: bool) -> Found:
    """Not ``the police``, not ``a small town pd``; a state in front stays, because its law applies."""
    return _proper(text, start, end, book, shouted, _AGENCY)


def facility(text: str, start: int, end: int, book: WordBook, shouted: bool) -> Found:
    """Not ``the hospital``, not ``High School``."""
    return _proper(text, start, end, book, shouted, _FACILITY)


def _proper(text: str, start: int, end: int, book: WordBook, shouted: bool, generic: frozenset[str]) -> Found:
    words = list(words_in(text, start, end))
    if shouted and words and words[-1].text in ("SO", "DOC"):
        return None
    after_region = False
    while words and (book.is_kept(words[0].lower) and words[0].lower not in generic or not _specific(words[0], book, shouted)):
        after_region = words[0].lower in book.regions or after_region and words[0].lower in generic
        if after_region and words[0].lower in generic:
            break
        words.pop(0)
    if not words or not after_region and all(word.lower in generic or book.is_kept(word.lower) for word in words):
        return None
    return words[0].start, end


def _specific(word: Word, book: WordBook, shouted: bool) -> bool:
    """Could single out one agency or place; an ordinary word in lower case cannot."""
    lower = word.lower
    known = lower in book.towns or lower in book.names_and_words or lower in _COMPASS or book.is_name(lower)
    return known or word.title and not shouted or not book.is_ordinary(lower)


def address(text: str, start: int, end: int, book: WordBook, shouted: bool) -> Found:
    """Not ``3 nights on the street``, not ``a 12 hour drive``, not ``side street``."""
    words = [word for word in words_in(text, start, end) if len(word.text) > 1]
    named = [word.lower for word in words[:-1]] if len(words) > 1 else []
    if any(word in _COUNTED for word in named) or not text[start].isdigit() and named and named[0] in _SIDE_STREETS:
        return None
    inner = [word for word in named if word not in book.regions and word not in ("of", "and", "at", "po", "post", "office")]
    kept = [word for word in inner if book.is_kept(word) and word not in book.names_and_words]
    if kept and not any(sign.isdigit() for sign in text[start:end]):
        return None
    if kept and text[start].isdigit() and named[0] in kept:
        return None
    lower = words and not words[0].title and not text[start].isdigit()
    if lower and named and book.is_ordinary(named[0]) and not book.is_only_a_noun(named[0]):
        return None
    return start, end


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (luhn, iban, vin, phone, not_years, date, not_a_crisis_site, titled, ranked, nicknamed)
} | {"related": ranked, "agency": agency, "facility": facility, "address": address}
