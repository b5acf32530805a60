"""
Matches the lexicon's patterns, all places of a message at once, in a number of steps that the message cannot drive up.

A pattern is a row of words: ``{i} want to (die|be dead) ~2 tonight?``

* ``word``, ``word*``   this word, or any word that starts so
* ``(a|b c)``, ``x?``   one of them; or nothing
* ``{name}``            a fragment defined once and used in many patterns
* ``~3``                up to three other words, never a negation and never the end of a sentence
* ``~~8``               up to eight other words or ends of sentences: what stands close by in a message of fragments
* ``^`` ``$``           where a sentence begins, where it ends

Places are the bits of one integer: bit 7 stands for the seventh word. A step takes the places where an element may
begin and gives those where it may end, so nothing is ever tried twice and there is no backtracking to blow up (the
attack on regular expressions). ``Text.steps`` counts the steps; the tests hold it down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

BREAK = "."  # stands between sentences; no pattern can contain it
PREFIX = "*"


class Text:
    """One message as words, each looked up by the places where it stands."""

    def __init__(self, words: Iterable[str], negators: frozenset[str] = frozenset()) -> None:
        self.words = tuple(words)
        self.at: dict[str, int] = {}
        for place, word in enumerate(self.words):
            self.at[word] = self.at.get(word, 0) | 1 << place
        self.all = (1 << len(self.words)) - 1
        self.breaks = self.at.pop(BREAK, 0)
        self.first = (self.breaks << 1 | 1) & ~self.breaks
        self.last = self.breaks | 1 << len(self.words)
        self.vocabulary = frozenset(self.at)
        self.gaps = self.all & ~self.breaks & ~self.any_of(negators)
        self.candidates: set[int] = set()  # ids of the patterns worth trying, see Index
        self.steps = 0
        self.found: dict[Words, int] = {}
        self._stepped: dict[tuple[int, int], int] = {}

    def any_of(self, words: Iterable[str]) -> int:
        """The places where one of *words* stands."""
        found = 0
        for word in self.vocabulary.intersection(words):
            found |= self.at[word]
        return found

    def places(self, node: Words) -> int:
        """The places of *node*'s words."""
        found = self.any_of(node.words)
        if node.prefixes:
            for word, where in self.at.items():
                if word.startswith(node.prefixes):
                    found |= where
        return found

    def remembered(self, node: Choice, starts: int) -> int:
        """*node*'s step, worked out once for the same starts: fragments are shared by many patterns."""
        key = (id(node), starts)
        ends = self._stepped.get(key)
        if ends is None:
            ends = self._stepped[key] = node.fresh(starts, self)
        return ends


class Node:
    """One element of a pattern."""

    __slots__ = ()

    def step(self, starts: int, text: Text) -> int:
        """Where the element can end when it may begin at *starts*."""
        raise NotImplementedError

    def needs(self) -> frozenset[str] | None:
        """Words of which the element must meet at least one, or None when it can do without; ``x*`` is a prefix."""
        return None


class Words(Node):
    """One word out of a set."""

    __slots__ = ("_needs", "prefixes", "words")

    def __init__(self, listed: frozenset[str]) -> None:
        self._needs = listed
        self.words = frozenset(word for word in listed if not word.endswith(PREFIX))
        self.prefixes = tuple(sorted(word[:-1] for word in listed - self.words))

    def step(self, starts: int, text: Text) -> int:
        text.steps += 1
        found = text.found.get(self)
        if found is None:  # worked out once a message; not in a call of its own, this is the innermost loop
            found = text.found[self] = text.places(self)
        return (starts & found) << 1

    def needs(self) -> frozenset[str]:
        return self._needs


class Row(Node):
    """Elements one after another."""

    __slots__ = ("parts",)

    def __init__(self, parts: Iterable[Node]) -> None:
        self.parts = tuple(parts)

    def step(self, starts: int, text: Text) -> int:
        for part in self.parts:
            starts = part.step(starts, text)
            if not starts:
                return 0
        return starts

    def needs(self) -> frozenset[str] | None:
        known = [words for words in (part.needs() for part in self.parts) if words is not None]
        return min(known, key=_commonness) if known else None


class Choice(Node):
    """One of several elements."""

    __slots__ = ("_needs", "parts")

    def __init__(self, parts: Iterable[Node]) -> None:
        self.parts = tuple(parts)
        needs = [part.needs() for part in self.parts]
        self._needs = None if None in needs else frozenset().union(*(words for words in needs if words))

    def step(self, starts: int, text: Text) -> int:
        return text.remembered(self, starts)

    def fresh(self, starts: int, text: Text) -> int:
        """The step itself, without looking it up."""
        ends = 0
        for part in self.parts:
            ends |= part.step(starts, text)
        return ends

    def needs(self) -> frozenset[str] | None:
        return self._needs


class Maybe(Node):
    """An element or nothing."""

    __slots__ = ("part",)

    def __init__(self, part: Node) -> None:
        self.part = part

    def step(self, starts: int, text: Text) -> int:
        return starts | self.part.step(starts, text)


class Gap(Node):
    """Up to *width* other words; a *wide* one goes on over negations and into the next sentences."""

    __slots__ = ("wide", "width")

    def __init__(self, width: int, wide: bool = False) -> None:
        self.width = width
        self.wide = wide

    def step(self, starts: int, text: Text) -> int:
        text.steps += self.width
        may = text.all if self.wide else text.gaps
        ends = starts
        for _ in range(self.width):
            starts = (starts & may) << 1
            ends |= starts
        return ends


class Edge(Node):
    """The beginning (``^``) or the end (``$``) of a sentence."""

    __slots__ = ("begins",)

    def __init__(self, begins: bool) -> None:
        self.begins = begins

    def step(self, starts: int, text: Text) -> int:
        return starts & (text.first if self.begins else text.last)


class Pattern:
    """
    A pattern ready to be looked for. ``key`` holds words of which one must be there, else it need not be tried; of each
    set in ``also`` too.
    """

    __slots__ = ("also", "key", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key = node.needs()
        parts = node.parts if isinstance(node, Row) else ()
        needs = (part.needs() for part in parts)
        self.also = tuple(
            words for words in needs if words is not None and words != self.key and not _has_prefix(words)
        )

    def ends(self, text: Text, starts: int) -> int:
        """The places right after each match that begins at one of *starts*."""
        return self.node.step(starts, text)

    def meets(self, text: Text) -> bool:
        """Whether the pattern matches anywhere."""
        return bool(self.node.step(text.all & ~text.breaks, text))

    def spans(self, text: Text) -> Iterator[tuple[int, int]]:
        """The first and the one-past-last place of every match, the longest at each beginning."""
        yield from self._spans(text, text.all & ~text.breaks)

    def _spans(self, text: Text, starts: int) -> Iterator[tuple[int, int]]:
        """All places are tried in one step, which settles most patterns; where it meets, each half again."""
        ends = self.node.step(starts, text)
        if not ends:
            return
        if starts & (starts - 1) == 0:
            yield starts.bit_length() - 1, ends.bit_length() - 1
            return
        low = (starts & -starts).bit_length() - 1
        middle = (low + starts.bit_length()) // 2
        half = (1 << middle) - 1
        yield from self._spans(text, starts & half)
        yield from self._spans(text, starts & ~half)


@cache
def _has_prefix(words: frozenset[str]) -> bool:
    return any(word.endswith(PREFIX) for word in words)


def bits(mask: int) -> Iterator[int]:
    """The places that are set, from left to right."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# The key of a pattern should be its rarest element; words outside these are rare enough.
_COMMON_WORDS = """
i am you he she it we they me my him her them a an the this that to of in on at for with and or if
is was be been do did does have has had will would can could not no never so what how when want get
got going go know think feel like all any more out up about there here now just one
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def _commonness(words: frozenset[str]) -> tuple[int, int]:
    return len(words & _COMMON), len(words)


class Index:
    """Finds the patterns that a message can meet at all, by their keys."""

    def __init__(self) -> None:
        self._always: list[Pattern] = []
        self._by_word: dict[str, list[Pattern]] = {}
        self._by_prefix: dict[str, list[Pattern]] = {}

    def add(self, pattern: Pattern) -> None:
        """Takes up *pattern*."""
        if pattern.key is None:
            self._always.append(pattern)
        for word in pattern.key or ():
            if word.endswith(PREFIX):
                self._by_prefix.setdefault(word[:-1], []).append(pattern)
            else:
                self._by_word.setdefault(word, []).append(pattern)

    def candidates(self, text: Text) -> set[int]:
        """The ids of the patterns worth trying."""
        found = set(self._always)
        for word in text.vocabulary:
            found.update(self._by_word.get(word, ()))
        for prefix, patterns in self._by_prefix.items():
            if any(word.startswith(prefix) for word in text.vocabulary):
                found.update(patterns)
        vocabulary = text.vocabulary
        return {id(one) for one in found if not any(vocabulary.isdisjoint(words) for words in one.also)}


def spans_of(patterns: Sequence[Pattern], text: Text) -> Iterator[tuple[int, int]]:
    """The matches of all *patterns* that are worth trying."""
    for pattern in patterns:
        if id(pattern) in text.candidates:
            yield from pattern.spans(text)


def covered(patterns: Sequence[Pattern], text: Text) -> int:
    """All places inside a match, as bits."""
    places = 0
    for start, end in spans_of(patterns, text):
        places |= (1 << end) - (1 << start)
    return places
