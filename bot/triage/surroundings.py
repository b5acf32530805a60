"""
Tells where in a message a rule was met: behind a negation, inside a saying, about oneself or about somebody else.

What such a place makes of a rule is the lexicon's to say; here are only the places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bot.errors import DataError
from bot.triage.grammar import Grammar
from bot.triage.patterns import Pattern, Text, bits, covered, spans_of

# How many words before a match the person is looked for when the match itself names none.
PERSON_REACH = 6


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    Places of one message, as bits: sayings, negations, where a negation's reach ends, persons, cues by sentence.
    ``recovered``: what is long past is told by somebody who is well now.
    """

    benign: int
    negators: int
    ends: int
    reach: int
    first_person: int
    third_person: int
    cues: Mapping[str, int]
    recovered: bool = False

    def scopes(self, start: int, end: int) -> Iterator[str]:
        """The scopes that a match from *start* to *end* stands in."""
        if self.benign >> start & 1 or self.benign >> (end - 1) & 1:
            yield "benign"
        if self._negated(start):
            yield "negated"
        if self._third(start, end):
            yield "third"
        for name, places in self.cues.items():
            if places >> start & 1:
                yield name
                if name == "past" and self.recovered:
                    yield "over"

    def is_mine(self, start: int, end: int) -> bool:
        """Whether the match says ``i``, ``me`` or ``my``, or is said of the writer by the words just before it."""
        return self._names(self.first_person, start, end) or self._person_before(start) == 1

    def _third(self, start: int, end: int) -> bool:
        return not self._names(self.first_person, start, end) and (
            self._names(self.third_person, start, start + 1) or self._person_before(start) == 3
        )

    @staticmethod
    def _names(places: int, start: int, end: int) -> bool:
        return bool(places & ((1 << end) - (1 << start)))

    def _person_before(self, start: int) -> int:
        """The nearest person before *start* in the same clause: 1, 3, or 0 for none."""
        if self.ends >> start & 1:
            return 0
        for place in range(start - 1, max(-1, start - 1 - PERSON_REACH), -1):
            if self.first_person >> place & 1:
                return 1
            if self.third_person >> place & 1:
                return 3
            if self.ends >> place & 1:
                return 0
        return 0

    def _negated(self, start: int) -> bool:
        for place in range(start - 1, max(-1, start - 1 - self.reach), -1):
            if self.ends >> (place + 1) & 1:
                return False
            if self.negators >> place & 1:
                return True
        return False


class Surveyor:
    """Draws up the surroundings of a message, from the lexicon's tables of negations, sayings, persons and cues."""

    def __init__(self, tables: Mapping[str, Any], grammar: Grammar) -> None:
        self.negators = frozenset(tables["negators"].split())
        self._reach = int(tables["negation_reach"])
        self._first_person = frozenset(tables["first_person"].split())
        self._third_person = read_patterns(tables["third_person"], grammar, "third_person")
        self._not_negators = read_patterns(tables["not_negations"], grammar, "not_negations")
        self._bridges = read_patterns(tables["negation_ends"], grammar, "negation_ends")
        self._benign = read_patterns(tables["benign"], grammar, "benign")
        self._recorded = read_patterns(tables["recorded"], grammar, "recorded")
        self._spoken_quotes = read_patterns(tables["spoken_quotes"], grammar, "spoken_quotes")
        self._recovered = read_patterns(tables["recovered"], grammar, "recovered")
        self._recovered_not = read_patterns(tables["recovered_not"], grammar, "recovered_not")
        self._cues = {name: read_patterns(lines, grammar, f"cues {name}") for name, lines in tables["cues"].items()}

    def patterns(self) -> Iterator[Pattern]:
        """All patterns that are looked for, for the index."""
        tables = (self._third_person, self._not_negators, self._bridges, self._benign, self._recorded)
        message = (self._spoken_quotes, self._recovered, self._recovered_not)
        for patterns in (*tables, *message, *self._cues.values()):
            yield from patterns

    def survey(self, text: Text, clauses: int, quoted: int) -> Surroundings:
        """The surroundings in *text*."""
        sentences = _sentences(text)
        third_person = covered(self._third_person, text)  # “my partner” is no word about oneself
        quoted |= covered(self._spoken_quotes, text)
        cues = {name: _sentences_with(covered(patterns, text), sentences) for name, patterns in self._cues.items()}
        return Surroundings(
            benign=covered(self._benign, text),
            negators=text.any_of(self.negators) & ~covered(self._not_negators, text),
            ends=clauses | text.first | sum({1 << start for start, _ in spans_of(self._bridges, text)}),
            reach=self._reach,
            first_person=text.any_of(self._first_person) & ~third_person,
            third_person=third_person,
            cues={**cues, "quoted": quoted, "recorded": quoted if covered(self._recorded, text) else 0},
            recovered=bool(cues["past"] and covered(self._recovered, text) and not covered(self._recovered_not, text)),
        )


def read_patterns(lines: str, grammar: Grammar, where: str) -> tuple[Pattern, ...]:
    """The patterns of a table, one a line; raises ``DataError`` naming *where*."""
    try:
        return tuple(grammar.pattern(line) for line in lines.splitlines() if line.strip())
    except DataError as error:
        raise DataError(f"lexicon.yml: {where}: {error}") from None


def _sentences(text: Text) -> list[tuple[int, int]]:
    starts = [*bits(text.first), len(text.words)]
    return [(start, end) for start, end in pairwise(starts)]


def _sentences_with(places: int, sentences: Sequence[tuple[int, int]]) -> int:
    """All places of the sentences in which one of *places* lies."""
    found = 0
    for start, end in sentences if places else ():
        whole = (1 << end) - (1 << start)
        if places & whole:
            found |= whole
    return found
