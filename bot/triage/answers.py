"""
Reads the answer to a direct question: a clear yes, a clear no, or neither, which in a check-in counts as a yes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from bot.triage.levels import Subject
from bot.yaml_files import read_yaml

DATA = Path(__file__).with_name("answers.yml")

# A plain no is short; what is longer tells something, and has to be judged as more than a no. It also bounds the work.
MAX_WORDS = 40
MAX_CHARACTERS = 600

_APOSTROPHES = re.compile(r"['’‘‛`´ʼ′＇]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_TOKEN = re.compile(r"[a-z0-9]+|[?.,;:!…\n()–—]|(?<![a-z0-9])-|-(?![a-z0-9])")
_STOPS = frozenset("?.,;:!…\n()–—-")


class Said(StrEnum):
    """What an answer comes to."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer read. ``more``: it says more than the yes or no. ``soon``: it names a time, a plan or a means.
    ``about_me``: asked about somebody else, it turns to the writer.
    """

    said: Said
    more: bool = False
    soon: bool = False
    about_me: bool = False


class _Kind(StrEnum):
    YES = "yes"
    NO = "no"
    EVASION = "evasion"
    QUESTION = "question"
    BESIDE = "beside"


class Answers:
    """The phrases of ``answers.yml``. No message makes reading slow: what is too long is unclear."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._same = {_bare(key): str(value).split() for key, value in data["same"].items()}
        general = [
            (_Kind.BESIDE, data["beside"]),
            (_Kind.YES, data["yeses"]),
            (_Kind.NO, data["noes"]),
            (_Kind.QUESTION, data["questions"]),
            (_Kind.EVASION, data["evasions"]),
        ]
        self._phrases = {
            subject: self._table([*general, (_Kind.NO, data["denials"][subject.value])]) for subject in Subject
        }
        self._fillers = frozenset(data["fillers"].split())
        self._openers = frozenset(data["openers"].split())
        self._turns = frozenset(data["turns"].split())
        self._strain = frozenset(data["strain"].split())
        doubt = data["doubt"].split()
        self._doubt = {Subject.SELF: _Words(doubt), Subject.OTHER: _Words(doubt)}
        self._doubt[Subject.HARM] = _Words([*doubt, *data["doubt_harm"].split()])
        self._soon = tuple(self._spelt(data["soon"]))
        self._about_me = tuple(self._spelt(data["about_me"]))

    @classmethod
    @cache
    def load(cls) -> Answers:
        """The one file there is, read once."""
        return cls(read_yaml(DATA))

    def read(self, text: str, subject: Subject = Subject.SELF) -> Answer:
        """What *text* answers to a question about *subject*."""
        words = self._words(text)
        soon = _holds(words, self._soon)
        about_me = subject is not Subject.SELF and _holds(words, self._about_me)
        if len(words) > MAX_WORDS or len(text) > MAX_CHARACTERS:
            return Answer(Said.UNCLEAR, True, soon, about_me)
        found, rest = self._covered(words, self._phrases[subject])
        said = Said.UNCLEAR
        if _Kind.NO in found:
            said = Said.NO if self._is_clear(words, found, rest, self._doubt[subject]) else Said.UNCLEAR
        elif _Kind.YES in found and _Kind.EVASION not in found:
            said = Said.YES
        return Answer(said, bool(rest) or _Kind.QUESTION in found, soon, about_me)

    def _is_clear(self, words: list[str], found: set[_Kind], rest: list[str], doubt: _Words) -> bool:
        """Whether a no stands without anything that takes it back."""
        if _Kind.YES in found or _Kind.EVASION in found or words[-1] in self._turns:
            return False
        asks_back = words[-1] == "?" and found == {_Kind.NO} and not rest  # "no?"
        return not asks_back and not self._is_doubtful(rest, doubt)

    # -- phrases

    def _covered(self, words: list[str], phrases: _Phrases) -> tuple[set[_Kind], list[str]]:
        """The kinds of phrases found, and the words that belong to none."""
        found: set[_Kind] = set()
        rest: list[str] = []
        at, fresh = 0, True  # fresh: where an answer may begin, at the start and after a stop, a filler or a phrase
        while at < len(words):
            kind, length = self._answer_at(words, at, fresh, phrases)
            if kind:
                found.add(kind)
                if kind is _Kind.NO and _runs_into_evasion(words, at, length, phrases):
                    found.add(_Kind.EVASION)
                at, fresh = at + length, True
                continue
            word = words[at]
            at += 1
            if word in _STOPS:
                fresh = True
            elif word not in self._fillers:
                rest.append(word)
                fresh = word in self._turns
        return found, rest

    def _answer_at(self, words: list[str], at: int, fresh: bool, phrases: _Phrases) -> tuple[_Kind | None, int]:
        """The longest phrase that is an answer where it stands."""
        for kind, length in _phrases_at(words, at, phrases):
            if self._counts(kind, words, at, at + length, fresh, phrases):
                return kind, length
        return None, 0

    def _counts(self, kind: _Kind, words: list[str], at: int, after: int, fresh: bool, phrases: _Phrases) -> bool:
        """“no” is an answer in “no, I'm fine” and none in “no idea”."""
        ends = after == len(words) or words[after] in _STOPS
        if kind is _Kind.YES:
            return fresh and (ends or after - at > 3 or words[at] != "i")  # "i was", "i want to" begin many sentences
        if kind is _Kind.NO:
            return (fresh or after - at > 1) and (ends or self._may_follow(words, after, phrases))
        return fresh or after - at > 1

    def _may_follow(self, words: list[str], at: int, phrases: _Phrases) -> bool:
        word = words[at]
        known = word in self._openers or word in self._fillers or word in self._turns
        return known or next(_phrases_at(words, at, phrases), None) is not None

    def _is_doubtful(self, rest: list[str], doubt: _Words) -> bool:
        if rest[:1] == ["not"]:  # "no, not in the way you mean"
            return True
        for at, word in enumerate(rest):
            if word in self._turns:
                return not self._strain.issuperset(rest[at + 1 :])
            if word in doubt:
                return True
        return False

    def _table(self, groups: Iterable[tuple[_Kind, str]]) -> _Phrases:
        table: _Phrases = {}
        for kind, listed in groups:
            for phrase in self._spelt(listed):
                table[phrase] = kind
        return table

    def _spelt(self, listed: str) -> Iterator[tuple[str, ...]]:
        for phrase in listed.split(","):
            yield tuple(word for word in self._words(phrase) if word not in _STOPS)

    # -- words

    def _words(self, text: str) -> list[str]:
        plain = unicodedata.normalize("NFKD", text[: MAX_CHARACTERS + 1].lower())
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        plain = _DRAWN_OUT.sub(r"\1", _APOSTROPHES.sub("", plain))
        return [word for token in _TOKEN.findall(plain) for word in self._same.get(token, [token])]


class _Words:
    """Words and beginnings of words."""

    def __init__(self, listed: Iterable[str]) -> None:
        listed = tuple(listed)
        self._whole = frozenset(word for word in listed if not word.endswith("*"))
        self._starts = tuple(word[:-1] for word in listed if word.endswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._starts)


_Phrases = dict[tuple[str, ...], _Kind]
_LONGEST_PHRASE = 10


def _phrases_at(words: list[str], at: int, phrases: _Phrases) -> Iterator[tuple[_Kind, int]]:
    """The phrases that begin at *at*, longest first, with their lengths."""
    for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
        kind = phrases.get(tuple(words[at : at + length]))
        if kind is not None:
            yield kind, length


def _runs_into_evasion(words: list[str], at: int, length: int, phrases: _Phrases) -> bool:
    """“I am not” in “I am not really”."""
    for inside in range(at + 1, at + length):
        for kind, reach in _phrases_at(words, inside, phrases):
            if kind is _Kind.EVASION and inside + reach > at + length:
                return True
    return False


def _holds(words: list[str], phrases: Iterable[tuple[str, ...]]) -> bool:
    line = f" {' '.join(word for word in words if word not in _STOPS)} "
    return any(f" {' '.join(phrase)} " in line for phrase in phrases)


def _bare(key: object) -> str:
    return _APOSTROPHES.sub("", str(key)).strip(".")


def yes_or_no(text: str) -> bool | None:
    """True for a clear yes, False for a clear no, None for everything else."""
    return {Said.YES: True, Said.NO: False}.get(Answers.load().read(text).said)
