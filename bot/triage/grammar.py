"""
Reads the patterns of the lexicon, as they are written, into elements that can be matched.

The signs are explained in patterns.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.errors import DataError
from bot.triage.patterns import PREFIX, Choice, Edge, Gap, Maybe, Node, Pattern, Row, Words

_WORD = r"[^\s(){}|?^$~]+"
_ITEM = re.compile(
    rf"\s*(?:\{{(?P<name>\w+)\}}|(?P<gap>~~?\d+)|\((?P<words>{_WORD}(?:\|{_WORD})+)\)|(?P<sign>[()|?^$])|(?P<word>{_WORD}))"
)


class Grammar:
    """
    Reads patterns. *spell* turns a written word into the words that a message would hold (``don't`` → ``do not``).

    Raises ``DataError`` naming the fragment or the fault, never more.
    """

    def __init__(self, fragments: Mapping[str, str], spell: Callable[[str], tuple[str, ...]]) -> None:
        self._spell = spell
        self._sources = dict(fragments)
        self._fragments: dict[str, Node] = {}
        self._open: list[str] = []
        self._spelled: dict[str, Node | None] = {}
        self._same: dict[frozenset[str], Words] = {}
        self._choices: dict[str, Node | None] = {}
        self.words: set[str] = set()

    def pattern(self, source: str) -> Pattern:
        """The pattern written as *source*."""
        return Pattern(self._parse(source))

    def _parse(self, source: str) -> Node:
        items: list[tuple[str, str]] = []
        read = 0
        for match in _ITEM.finditer(source):
            if match.start() != read:
                raise DataError("a sign in a pattern is not known")
            read = match.end()
            kind = match.lastgroup or ""
            items.append((kind, match[kind]))
        if source[read:].strip():
            raise DataError("a sign in a pattern is not known")
        node, rest = self._choice(items, 0)
        if rest != len(items):
            raise DataError("a bracket in a pattern is closed but not opened")
        if node is None:
            raise DataError("a pattern holds nothing but words that are always skipped")
        return node

    def _choice(self, items: list[tuple[str, str]], at: int) -> tuple[Node | None, int]:
        """One row or several; None when all words in them are skipped in messages too."""
        rows: list[Node] = []
        while True:
            row, at = self._row(items, at)
            if row is not None:
                rows.append(row)
            if at >= len(items) or items[at] != ("sign", "|"):
                return (self._joined(rows) if rows else None), at
            at += 1

    def _row(self, items: list[tuple[str, str]], at: int) -> tuple[Node | None, int]:
        parts: list[Node] = []
        began = at
        while at < len(items) and items[at] not in (("sign", "|"), ("sign", ")")):
            part, at = self._part(items, at)
            if at < len(items) and items[at] == ("sign", "?"):
                part, at = (Maybe(part) if part else None), at + 1
            if part is not None:
                parts.append(part)
        if at == began:
            raise DataError("an empty choice in a pattern would match anywhere")
        if not parts:
            return None, at
        return (parts[0] if len(parts) == 1 else Row(parts)), at

    def _part(self, items: list[tuple[str, str]], at: int) -> tuple[Node | None, int]:
        kind, value = items[at]
        if kind == "name":
            return self._fragment(value), at + 1
        if kind == "gap":
            return Gap(int(value.lstrip("~")), wide=value.startswith("~~")), at + 1
        if kind == "word":
            return self._word(value), at + 1
        if kind == "words":
            return self._one_word_of(value), at + 1
        if value in "^$":
            return Edge(value == "^"), at + 1
        if value == "(":
            node, at = self._choice(items, at + 1)
            if at < len(items) and items[at] == ("sign", ")"):
                return node, at + 1
            raise DataError("a bracket in a pattern is opened but not closed")
        raise DataError("a question mark in a pattern follows nothing")

    def _fragment(self, name: str) -> Node:
        if name in self._open or name not in self._sources:
            raise DataError(f"fragment {name} is not defined, or uses itself")
        if name not in self._fragments:
            self._open.append(name)
            self._fragments[name] = self._parse(self._sources[name])
            self._open.pop()
        return self._fragments[name]

    def _one_word_of(self, written: str) -> Node | None:
        """``a|b|c``, a choice of single words: most choices are, and read at once they load in half the time."""
        if written not in self._choices:
            rows = [row for row in map(self._word, written.split("|")) if row is not None]
            self._choices[written] = self._joined(rows) if rows else None
        return self._choices[written]

    def _word(self, written: str) -> Node | None:
        """The word as messages hold it; None for one that is skipped in messages."""
        if written not in self._spelled:
            self._spelled[written] = self._spelled_out(written)
        return self._spelled[written]

    def _spelled_out(self, written: str) -> Node | None:
        if written.endswith(PREFIX):
            return self._one_of(frozenset((written.lower(),)))
        spelled = self._spell(written)
        self.words.update(spelled)
        words = [self._one_of(frozenset((word,))) for word in spelled]
        return Row(words) if len(words) > 1 else words[0] if words else None

    def _one_of(self, words: frozenset[str]) -> Words:
        """The same words are the same element everywhere, so that a message looks them up once."""
        if words not in self._same:
            self._same[words] = Words(words)
        return self._same[words]

    def _joined(self, rows: list[Node]) -> Node:
        """Single words of a choice become one element: that is most of them, and one step instead of many."""
        if len(rows) == 1:
            return rows[0]
        single = [row for row in rows if isinstance(row, Words)]
        others: list[Node] = [row for row in rows if not isinstance(row, Words)]
        if single:
            others.insert(0, self._one_of(frozenset().union(*(row.needs() for row in single))))
        return others[0] if len(others) == 1 else Choice(others)
