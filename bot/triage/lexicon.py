"""
Judges one message by the safety-net lexicon: which rules of ``lexicon.yml`` it meets, and what lowers them.

A rule that is met can be lowered by its surroundings, all of them data: a negation before it, a time long past, a
saying that only sounds like it, somebody else's words. Nothing that is lowered falls lower than the file says, and an
exception anywhere counts as a reason to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError
from bot.logs import get_logger
from bot.triage.grammar import Grammar
from bot.triage.levels import Firm, Level, ReplyKind, Subject, Verdict
from bot.triage.normalise import Normaliser
from bot.triage.patterns import Index, Pattern, Text, spans_of
from bot.triage.surroundings import Surroundings, Surveyor, read_patterns
from bot.yaml_files import read_yaml

log = get_logger(__name__)

FOLDER = Path(__file__).resolve().parent
PIECE = 6_000  # characters judged at once; a longer message is judged in pieces that overlap
OVERLAP = 400
BESIDE = 2  # words: where no more stand beside a match, nobody else is there to be meant
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


NOTHING = Outcome(Level.NONE, ReplyKind.NORMAL)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule of the file. ``lowered`` maps a scope to what the rule counts as inside it, ``mine`` the same where the
    writer speaks of themselves. What is said of the writer in words that are not open, is nearly all that is said, or
    is found by a rule that ``stands``, and nothing lowers it, is firm; the rest are signs.
    """

    id: str
    outcome: Outcome
    subject: Subject
    patterns: tuple[Pattern, ...]
    lowered: Mapping[str, Outcome]
    mine: Mapping[str, Outcome]
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule met, after its surroundings were looked at."""

    rule: str
    outcome: Outcome
    subject: Subject
    firm: bool


class Triage:
    """The safety net. Pure data and bit arithmetic: no model, no network, no database."""

    def __init__(self, tables: Mapping[str, Any], spelling: Mapping[str, Any]) -> None:
        self._normaliser = Normaliser(spelling)
        grammar = Grammar(tables["fragments"], self._normaliser.spell)
        self._surveyor = Surveyor(tables, grammar)
        self._rules = tuple(_rule(name, rule, tables["lowered"], grammar) for name, rule in tables["rules"].items())
        self._normaliser.learn(grammar.words)
        self._index = Index()
        for pattern in self._all_patterns():
            self._index.add(pattern)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Triage:
        """Reads ``lexicon.yml`` and ``spelling.yml``; raises ``DataError`` naming file and rule."""
        lexicon, spelling = _read(folder / "lexicon.yml"), _read(folder / "spelling.yml")
        try:
            return cls(lexicon, spelling)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise DataError("lexicon.yml or spelling.yml: a table is missing, or is not what it should be") from None

    def judge(self, text: str) -> Verdict:
        """The verdict on *text*. Never raises: what cannot be judged is asked about."""
        try:
            hits = [hit for piece in _pieces(text) for hit in self._hits(piece)]
            return _verdict(hits)
        except Exception as error:
            log.error("triage.failed", error=type(error))
            firm = Firm(Level.HIGH, ReplyKind.CHECK_IN)
            return Verdict(Level.HIGH, ReplyKind.CHECK_IN, Subject.SELF, ("failed",), firm)

    @property
    def pattern_count(self) -> int:
        """How many patterns look for danger or strain."""
        return sum(len(rule.patterns) for rule in self._rules)

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules, in the order of the file."""
        return tuple(rule.id for rule in self._rules)

    def met(self, text: str) -> Iterator[tuple[tuple[str, int], Outcome]]:
        """Every pattern that *text* meets, as rule and place in it, with what it counts as there; for measuring."""
        for piece in _pieces(text):
            words, around = self._surveyed(piece)
            for rule in self._rules:
                for number, pattern in enumerate(rule.patterns):
                    found = [_in_its_place(rule, *span, around) for span in spans_of((pattern,), words)]
                    if found:
                        yield (rule.id, number), max(found, key=_weight)

    def unmet(self, texts: Iterable[str]) -> set[tuple[str, int]]:
        """The patterns of the rules that none of *texts* meets, as rule and place in it; for testing."""
        left = {(rule.id, number): pattern for rule in self._rules for number, pattern in enumerate(rule.patterns)}
        for piece in (piece for text in texts for piece in _pieces(text)):
            words = Text(self._normaliser.plain(piece).words, self._surveyor.negators)
            words.candidates = self._index.candidates(words)
            found = [key for key, one in left.items() if id(one) in words.candidates and one.meets(words)]
            for key in found:
                del left[key]
        return set(left)

    def _all_patterns(self) -> Iterator[Pattern]:
        yield from self._surveyor.patterns()
        for rule in self._rules:
            yield from rule.patterns

    def _surveyed(self, piece: str) -> tuple[Text, Surroundings]:
        plain = self._normaliser.plain(piece)
        text = Text(plain.words, self._surveyor.negators)
        text.candidates = self._index.candidates(text)
        return text, self._surveyor.survey(text, plain.clauses, plain.quoted)

    def _hits(self, piece: str) -> Iterator[Hit]:
        text, around = self._surveyed(piece)
        for rule in self._rules:
            spans = list(spans_of(rule.patterns, text))
            found = [_in_its_place(rule, start, end, around) for start, end in spans]
            if found and (best := max(found, key=_weight)) != NOTHING:
                plain = rule.outcome.level > Level.MODERATE  # open wording is not more than a sign for being one's own
                own = rule.stands or any(
                    outcome == best
                    and ((plain and around.is_mine(start, end)) or len(text.words) - (end - start) <= BESIDE)
                    for outcome, (start, end) in zip(found, spans, strict=True)
                )
                yield Hit(rule.id, best, rule.subject, own and best == rule.outcome)


def _in_its_place(rule: Rule, start: int, end: int, around: Surroundings) -> Outcome:
    """What the match counts as where it stands: the lowest of what its scopes say."""
    table = rule.mine if around.is_mine(start, end) else rule.lowered
    return min([rule.outcome, *(table.get(scope, rule.outcome) for scope in around.scopes(start, end))], key=_weight)


def _weight(outcome: Outcome) -> tuple[int, int]:
    return (ReplyKind.NORMAL, ReplyKind.CHECK_IN, ReplyKind.CRISIS).index(outcome.reply), outcome.level


def _verdict(hits: Sequence[Hit]) -> Verdict:
    if not hits:
        return Verdict()
    worst = max(hits, key=lambda hit: (_weight(hit.outcome), hit.subject is Subject.SELF))
    rules = sorted({hit.rule for hit in hits if hit.outcome.reply is worst.outcome.reply or hit is worst})
    level = max(hit.outcome.level for hit in hits)
    return Verdict(level, worst.outcome.reply, worst.subject, tuple(rules), _firm(hits))


def _firm(hits: Sequence[Hit]) -> Firm:
    found = [hit.outcome for hit in hits if hit.firm or hit.outcome.reply is ReplyKind.NORMAL]
    worst = max(found, key=_weight, default=NOTHING)
    return Firm(max((outcome.level for outcome in found), default=Level.NONE), worst.reply)


def _pieces(text: str) -> Iterator[str]:
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "\n\n" + text[-LONGEST // 2 :]
    if len(text) <= PIECE:
        yield text
        return
    for start in range(0, len(text), PIECE - OVERLAP):
        yield text[start : start + PIECE]


def _rule(name: str, written: Mapping[str, Any], lowered: Mapping[str, Mapping[str, Any]], grammar: Grammar) -> Rule:
    try:
        table = dict(lowered[written.get("lowered", "default")])
        mine = table.pop("mine", {})
        unless = written.get("unless", {})
        outcome = Outcome.read(written["means"])
        subject = Subject(written.get("subject", "self"))
        patterns = read_patterns(written["patterns"], grammar, f"rule {name}")
        stands = written.get("stands", False)
        if not isinstance(stands, bool):
            raise ValueError
        scoped = _outcomes(table, unless), _outcomes(table, mine, unless)
        return Rule(name, outcome, subject, patterns, *scoped, stands)
    except (AttributeError, KeyError, TypeError, ValueError):
        fields = "means, subject, lowered, unless, stands or patterns"
        raise DataError(f"lexicon.yml: rule {name}: {fields} is not known") from None


def _outcomes(*tables: Mapping[str, str]) -> Mapping[str, Outcome]:
    """The later table overrules the earlier; ``stays`` takes a scope out."""
    merged = {scope: outcome for table in tables for scope, outcome in table.items()}
    return {scope: Outcome.read(outcome) for scope, outcome in merged.items() if outcome != "stays"}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return dict(read_yaml(path))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DataError(f"{path.name}: line {line}: not YAML") from None
    except (OSError, UnicodeDecodeError, TypeError, ValueError):
        raise DataError(f"{path.name}: cannot be read") from None
