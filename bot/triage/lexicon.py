"""
Judges one message by the safety-net lexicon: which rules of ``lexicon.yml`` it meets, and what lowers them.

A rule that is met can be lowered by its surroundings, all of them data: a negation before it, a time long past, a saying
that only sounds like it, somebody else's words. Nothing that is lowered falls lower than the file says, and an exception
anywhere counts as a reason to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError
from bot.logs import get_logger
from bot.triage.levels import Level, ReplyKind, Subject, Verdict
from bot.triage.normalise import Normaliser
from bot.triage.patterns import Grammar, Index, Pattern, Text, bits

log = get_logger(__name__)

FOLDER = Path(__file__).resolve().parent
PIECE = 6_000  # characters judged at once; a longer message is judged in pieces that overlap
OVERLAP = 400
LONGEST = 400_000  # characters; of a longer message the beginning and the end are judged


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule stands for: a level and, where the wording is open, the question instead of the numbers."""

    level: Level
    reply: ReplyKind

    @classmethod
    def read(cls, written: str) -> Outcome:
        """``high``, ``high ask``, ``none``; crisis is the reply to high and imminent unless ``ask`` stands there."""
        label, _, ask = written.partition(" ")
        level = Level.from_label(label)
        if ask:
            return cls(level, ReplyKind.CHECK_IN)
        return cls(level, ReplyKind.CRISIS if level >= Level.HIGH else ReplyKind.NORMAL)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the file. ``lowered`` maps a scope to what the rule counts as inside it."""

    id: str
    outcome: Outcome
    subject: Subject
    patterns: tuple[Pattern, ...]
    lowered: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule met, after its surroundings were looked at."""

    rule: str
    outcome: Outcome
    subject: Subject


class Triage:
    """The safety net. Pure data and bit arithmetic: no model, no network, no database."""

    def __init__(self, tables: Mapping[str, Any], spelling: Mapping[str, Any]) -> None:
        self._normaliser = Normaliser(spelling)
        grammar = Grammar(tables["fragments"], self._normaliser.spell)
        self._negators = frozenset(tables["negators"].split())
        self._reach = int(tables["negation_reach"])
        self._not_negators = _patterns(tables["not_negations"], grammar, "not_negations")
        self._bridges = _patterns(tables["negation_ends"], grammar, "negation_ends")
        self._benign = _patterns(tables["benign"], grammar, "benign")
        self._cues = {name: _patterns(lines, grammar, f"cues {name}") for name, lines in tables["cues"].items()}
        self._rules = tuple(_rule(name, rule, tables["lowered"], grammar) for name, rule in tables["rules"].items())
        self._normaliser.learn(grammar.words)
        self._index = Index()
        for pattern in self._all_patterns():
            self._index.add(pattern)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Triage:
        """Reads ``lexicon.yml`` and ``spelling.yml``; raises ``DataError`` naming file and rule."""
        return cls(_read(folder / "lexicon.yml"), _read(folder / "spelling.yml"))

    def judge(self, text: str) -> Verdict:
        """The verdict on *text*. Never raises: what cannot be judged is asked about."""
        try:
            hits = [hit for piece in _pieces(text) for hit in self._hits(piece)]
            return _verdict(hits)
        except Exception as error:
            log.error("triage.failed", error=type(error))
            return Verdict(Level.HIGH, ReplyKind.CHECK_IN, Subject.SELF, ("failed",))

    @property
    def pattern_count(self) -> int:
        """How many patterns look for danger or strain."""
        return sum(len(rule.patterns) for rule in self._rules)

    def _all_patterns(self) -> Iterator[Pattern]:
        for patterns in (self._not_negators, self._bridges, self._benign, *self._cues.values()):
            yield from patterns
        for rule in self._rules:
            yield from rule.patterns

    def _hits(self, piece: str) -> Iterator[Hit]:
        plain = self._normaliser.plain(piece)
        text = Text(plain.words, self._negators)
        text.candidates = self._index.candidates(text)
        around = self._surroundings(text, plain.clauses, plain.quoted)
        for rule in self._rules:
            best: Outcome | None = None
            for start, end in _spans(rule.patterns, text):
                outcome = _in_its_place(rule, start, end, around)
                if outcome is not None and (best is None or _weight(outcome) > _weight(best)):
                    best = outcome
            if best is not None:
                yield Hit(rule.id, best, rule.subject)

    def _surroundings(self, text: Text, clauses: int, quoted: int) -> Surroundings:
        benign = _covered(self._benign, text)
        negators = text.any_of(self._negators) & ~_covered(self._not_negators, text)
        ends = clauses | text.first | sum({1 << start for start, _ in _spans(self._bridges, text)})
        sentences = _sentences(text)
        cues = {name: _sentences_with(_covered(patterns, text), sentences) for name, patterns in self._cues.items()}
        return Surroundings(benign, negators, ends, self._reach, {**cues, "quoted": quoted})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Places of one message, as bits: sayings, negations, where a negation's reach ends, sentences with a cue."""

    benign: int
    negators: int
    ends: int
    reach: int
    cues: Mapping[str, int]

    def scopes(self, start: int, end: int) -> Iterator[str]:
        """The scopes that a match from *start* to *end* stands in."""
        if self.benign >> start & 1 and self.benign >> (end - 1) & 1:
            yield "benign"
        if self._negated(start):
            yield "negated"
        for name, places in self.cues.items():
            if places >> start & 1:
                yield name

    def _negated(self, start: int) -> bool:
        for place in range(start - 1, max(-1, start - 1 - self.reach), -1):
            if self.negators >> place & 1:
                return True
            if self.ends >> (place + 1) & 1:
                return False
        return False


def _in_its_place(rule: Rule, start: int, end: int, around: Surroundings) -> Outcome | None:
    """What the match counts as; None when a scope says that it is nothing."""
    outcome = rule.outcome
    for scope in around.scopes(start, end):
        lowered = rule.lowered.get(scope)
        if lowered is not None and _weight(lowered) < _weight(outcome):
            outcome = lowered
    return outcome if outcome.level > Level.NONE or outcome.reply is not ReplyKind.NORMAL else None


def _weight(outcome: Outcome) -> tuple[int, int]:
    return (ReplyKind.NORMAL, ReplyKind.CHECK_IN, ReplyKind.CRISIS).index(outcome.reply), outcome.level


def _verdict(hits: Sequence[Hit]) -> Verdict:
    if not hits:
        return Verdict()
    worst = max(hits, key=lambda hit: (_weight(hit.outcome), hit.subject is Subject.SELF))
    rules = sorted({hit.rule for hit in hits if hit.outcome.reply is worst.outcome.reply or hit is worst})
    level = max(hit.outcome.level for hit in hits)
    return Verdict(level, worst.outcome.reply, worst.subject, tuple(rules))


def _spans(patterns: Sequence[Pattern], text: Text) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        if id(pattern) in text.candidates:
            yield from pattern.spans(text)


def _covered(patterns: Sequence[Pattern], text: Text) -> int:
    covered = 0
    for start, end in _spans(patterns, text):
        covered |= (1 << end) - (1 << start)
    return covered


def _sentences(text: Text) -> list[tuple[int, int]]:
    starts = [*bits(text.first), len(text.words)]
    return [(start, end) for start, end in zip(starts, starts[1:], strict=False)]


def _sentences_with(places: int, sentences: Sequence[tuple[int, int]]) -> int:
    """All places of the sentences in which one of *places* lies."""
    found = 0
    for start, end in sentences:
        whole = (1 << end) - (1 << start)
        if places & whole:
            found |= whole
    return found


def _pieces(text: str) -> Iterator[str]:
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "\n\n" + text[-LONGEST // 2 :]
    if len(text) <= PIECE:
        yield text
        return
    for start in range(0, len(text), PIECE - OVERLAP):
        yield text[start : start + PIECE]


def _patterns(lines: str, grammar: Grammar, where: str) -> tuple[Pattern, ...]:
    try:
        return tuple(grammar.pattern(line) for line in lines.splitlines() if line.strip())
    except DataError as error:
        raise DataError(f"lexicon.yml: {where}: {error}") from None


def _rule(name: str, written: Mapping[str, Any], lowered: Mapping[str, Mapping[str, str]], grammar: Grammar) -> Rule:
    try:
        table = {**lowered[written.get("lowered", "default")], **written.get("unless", {})}
        outcomes = {scope: Outcome.read(outcome) for scope, outcome in table.items() if outcome != "stays"}
        outcome = Outcome.read(written["means"])
        subject = Subject(written.get("subject", "self"))
    except (KeyError, ValueError):
        raise DataError(f"lexicon.yml: rule {name}: means, subject, lowered or unless is not known") from None
    return Rule(name, outcome, subject, _patterns(written["patterns"], grammar, f"rule {name}"), outcomes)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the edge must be up within a second
        return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DataError(f"{path.name}: line {line}: not YAML") from None
    except (OSError, UnicodeDecodeError, TypeError, ValueError):
        raise DataError(f"{path.name}: cannot be read") from None
