"""
Finds the names that data give to what officers write: kinds of help, needs, wishes, fears.

The words are data. The longest phrase wins, and what it took is not read again: a "peer line" is no peer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NOT = re.compile(
    r"(?:\b(?:no|not|never|without|nothing|except|rather than|instead of)|n't|n’t)(?:\s+\w+){0,2}\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Phrases:
    """
    What may be written for each name. A phrase that ends in ``*`` stands for every word that begins so.
    """

    _names: Mapping[str, str]  # phrase in small letters -> name
    _pattern: re.Pattern[str]

    @classmethod
    def of(cls, by_name: Mapping[str, Iterable[str]]) -> Phrases:
        """Phrases by name; given to two names, a phrase stays with the first."""
        names: dict[str, str] = {}
        for name, phrases in by_name.items():
            for phrase in phrases:
                names.setdefault(_plain(phrase), name)
        longest = sorted(names, key=len, reverse=True)
        parts = [re.escape(each.rstrip("*")) + (r"\w*" if each.endswith("*") else "") for each in longest]
        return cls(names, re.compile(rf"(?<![\w-])({'|'.join(parts) or '(?!)'})(?![\w-])", re.IGNORECASE))

    @property
    def names(self) -> frozenset[str]:
        """Every name that has a phrase."""
        return frozenset(self._names.values())

    def found_in(self, text: str, *, denied: bool = True) -> tuple[str, ...]:
        """The names in the order of the text, each once; with *denied* false "not a peer" names nothing."""
        plain = _plain(text)
        found = (self._name(hit[0]) for hit in self._pattern.finditer(plain) if denied or not _denied(plain, hit))
        return tuple(dict.fromkeys(found))

    def blank(self, text: str) -> str:
        """*text* without the phrases that were found in it."""
        plain = _plain(text)
        return self._pattern.sub(lambda hit: hit[0] if _denied(plain, hit) else " ", plain)

    def _name(self, said: str) -> str:
        if said in self._names:
            return self._names[said]
        stems = (phrase for phrase in self._names if phrase.endswith("*") and said.startswith(phrase[:-1]))
        return self._names[max(stems, key=len)]


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _denied(text: str, hit: re.Match[str]) -> bool:
    return _NOT.search(text[: hit.start()]) is not None
