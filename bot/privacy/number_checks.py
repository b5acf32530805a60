"""
Decides whether digits that a pattern found are what they look like.

A check gets a text, a span and the word book, and returns the span to take out, shorter perhaps, or ``None``.
"""

from __future__ import annotations

import re

from bot.privacy.words import WordBook

Found = tuple[int, int] | None


def luhn(text: str, start: int, end: int, _book: WordBook) -> Found:
    """A payment card (ISO/IEC 7812)."""
    digits = [int(digit) for digit in text[start:end] if digit.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (start, end) if total % 10 == 0 else None


def iban(text: str, start: int, end: int, _book: WordBook) -> Found:
    """An international bank account (ISO 13616); words that were caught at its end are given back."""
    while end > start:
        code = re.sub(r"\s", "", text[start:end]).upper()
        if 15 <= len(code) <= 34 and int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1:
            return start, end
        end = text.rfind(" ", start, end)
    return None


def vin(text: str, start: int, end: int, _book: WordBook) -> Found:
    """A vehicle's number has letters, and five digits at the very least (ISO 3779)."""
    code = text[start:end]
    return (start, end) if sum(sign.isdigit() for sign in code) > 4 and any(sign.isalpha() for sign in code) else None


def phone(text: str, start: int, end: int, book: WordBook) -> Found:
    """Any number but a crisis line's."""
    return None if keypad(text[start:end]) in {keypad(number) for number in book.lists["numbers"]} else (start, end)


_BEFORE_AMOUNT = re.compile(
    r"(?:\b(?:owe[ds]?|owing|pa(?:y|ys|id|ying)|costs?|mak(?:e|es|ing)|made|earn(?:s|ed|ing)?|worth|spen[dt]|los[et]|lost|won|"
    r"salary|wages?|mortgage|loans?|debts?|rent|bail|bond|fees?|fine|bonus|pension|settlement|price|about|around|over|under|"
    r"than|like|maybe|almost|nearly)(?:\s+(?:is|was|of|me|us|him|her|them))?|[$€£])\s*$",
    re.IGNORECASE,
)
_AFTER_AMOUNT = re.compile(
    r"\s*(?:dollars?|bucks|usd|euros?|pesos|grand|cash|in (?:debt|cash|loans)|a (?:year|month)|per\b|an?\s+hour|steps|"
    r"words|reasons|thoughts|km|kilometers|yards|views|followers)\b",
    re.IGNORECASE,
)


def no_amount(text: str, start: int, end: int, book: WordBook) -> Found:
    """A long number that counts nothing: no money, no distance, nothing round, and no crisis line's."""
    amount = text[start:end].endswith("000") or _BEFORE_AMOUNT.search(text, max(0, start - 40), start)
    counts = amount or _AFTER_AMOUNT.match(text, end)
    return None if counts else phone(text, start, end, book)


def keypad(number: str) -> str:
    """The digits that are dialled, letters too, without the 1 before an area code."""
    keys = "22233344455566677778889999"
    digits = "".join(keys[ord(sign) - 97] if "a" <= sign <= "z" else sign for sign in number.lower() if sign.isalnum())
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def not_years(text: str, start: int, end: int, _book: WordBook) -> Found:
    """Not ``2019-2023``, and not a crisis line's short code."""
    return None if re.fullmatch(r"(?:19|20)\d\d-(?:19|20)\d\d|988|911", text[start:end]) else (start, end)


def date(text: str, start: int, end: int, _book: WordBook) -> Found:
    """A day that exists; the words around figures were checked by the pattern."""
    if not re.fullmatch(r"[\d/.-]+", text[start:end]):
        return start, end
    figures = [int(figure) for figure in re.findall(r"\d+", text[start:end])]
    day_and_month = sorted(figures[1:] if figures[0] > 31 else figures[:2])
    exists = len(figures) == 1 or (1 <= day_and_month[0] <= 12 and day_and_month[1] <= 31)
    return (start, end) if exists else None


def not_a_crisis_site(text: str, start: int, end: int, book: WordBook) -> Found:
    """Any link but those of the services that the bot itself names; a sentence's last stop is given back."""
    host = re.sub(r"^(?:https?://)?(?:www\.)?", "", text[start:end].lower())
    if any(host == site or host.startswith((f"{site}/", f"{site}?")) for site in book.lists["sites"]):
        return None
    return start, start + len(text[start:end].rstrip(".,;:!?)'"))
