"""
Judges a message in layers: the lexicon, and beside it the scorer, which may raise what the lexicon found.

What the lexicon finds in plain words is firm, and no layer lowers it. Its other rules find signs: words that go with
danger and with much that is harmless. A sign counts, unless the scorer is sure that there is nothing.

The lexicon answers from the first moment. The scorer joins when it is loaded; until then, and where it cannot be
loaded, the lexicon decides alone. A fault in the scorer counts as a reason to ask, like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import yaml

from bot.errors import DataError, SidedoorError
from bot.logs import get_logger
from bot.triage.levels import Level, ReplyKind, Subject, Verdict
from bot.triage.lexicon import Outcome
from bot.yaml_files import read_yaml

log = get_logger(__name__)

THRESHOLDS = Path(__file__).with_name("scoring") / "thresholds.yml"
EXCUSED = THRESHOLDS.with_name("excused.yml")
LONGEST_EXCUSED = 120  # characters; a longer message says more than the question it ends in
LIKELY = 0.5  # from here on it is about somebody else, or about harm to somebody; decides wording, never urgency
_HEADS = frozenset({"ask", *(level.label for level in Level if level > Level.NONE)})
_ORDER = (ReplyKind.NORMAL, ReplyKind.CHECK_IN, ReplyKind.CRISIS)


class Judge(Protocol):
    """What ``lexicon.Triage`` is to the layers."""

    def judge(self, text: str) -> Verdict: ...


class Scores(Protocol):
    """What ``scoring.scorer.Scorer`` is to the layers."""

    def scores(self, text: str) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which probabilities on, all of them, a message counts as what."""

    id: str
    least: Mapping[str, float]  # by head
    outcome: Outcome

    def met(self, scores: Mapping[str, float]) -> bool:
        """Whether every head is likely enough."""
        return all(scores[head] >= least for head, least in self.least.items())


@dataclass(frozen=True, slots=True)
class Calm:
    """Below which probabilities, all of them, the scorer is sure that there is nothing behind a sign."""

    id: str
    below: Mapping[str, float]  # by head

    def met(self, scores: Mapping[str, float]) -> bool:
        """Whether every head is unlikely enough."""
        return all(scores[head] < below for head, below in self.below.items())


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the scorer's probabilities come to."""

    lines: tuple[Threshold, ...] = ()
    calm: tuple[Calm, ...] = ()

    def of(self, scores: Mapping[str, float]) -> Verdict:
        """What the scores alone come to."""
        met = [line for line in self.lines if line.met(scores)]
        if not met:
            return Verdict()
        reply = max((line.outcome.reply for line in met), key=_ORDER.index)
        return Verdict(max(line.outcome.level for line in met), reply, _subject(scores), tuple(line.id for line in met))

    def without_signs(self, found: Verdict, scores: Mapping[str, float]) -> Verdict:
        """What is left of the lexicon's *found* where the scorer is sure that there is nothing; else all of it."""
        sure = [line.id for line in self.calm if line.met(scores)]
        if not sure or (found.level, found.reply_kind) == (found.firm.level, found.firm.reply_kind):
            return found
        rules = (*found.rules, *sure)
        return replace(found, level=found.firm.level, reply_kind=found.firm.reply_kind, rules=rules)


class Layers:
    """The lexicon and, once it is there, the scorer. Any thread may bring the scorer; messages come from one."""

    def __init__(
        self,
        lexicon: Judge,
        thresholds: Thresholds,
        scorer: Scores | None = None,
        excused: Sequence[re.Pattern[str]] = (),
    ) -> None:
        self._lexicon = lexicon
        self._excused = tuple(excused)
        self._thresholds = thresholds
        self._scorer = scorer

    @classmethod
    def over(cls, lexicon: Judge, path: Path = THRESHOLDS) -> Layers:
        """The layers with the thresholds of *path*; without those the scorer raises nothing."""
        try:
            return cls(lexicon, read_thresholds(path), excused=read_excused())
        except DataError as error:
            log.error("triage.no_thresholds", error=type(error))
            return cls(lexicon, Thresholds())

    @property
    def whole(self) -> bool:
        """Whether the scorer has joined."""
        return self._scorer is not None

    def join(self, load: Callable[[], Scores]) -> bool:
        """Loads the scorer and takes it in; False when it cannot be loaded, and the lexicon goes on alone."""
        try:
            self._scorer = load()
        except SidedoorError as error:
            log.warning("triage.no_scorer", error=type(error))
        except Exception as error:
            log.error("triage.no_scorer", error=type(error))
        return self.whole

    def judge(self, text: str) -> Verdict:
        """The verdict on *text*. Never raises: what cannot be judged is asked about."""
        found = self._lexicon.judge(text)
        if self._scorer is None or found.firm.reply_kind is ReplyKind.CRISIS:
            return found
        try:
            if len(text) < LONGEST_EXCUSED and any(one.fullmatch(text.lower().strip()) for one in self._excused):
                return found
            scores = self._scorer.scores(text)
            return joined(self._thresholds.without_signs(found, scores), self._thresholds.of(scores))
        except Exception as error:
            log.error("triage.failed", error=type(error))
            return joined(found, Verdict(Level.HIGH, ReplyKind.CHECK_IN, found.subject, ("failed",)))

    def scores(self, text: str) -> Mapping[str, float]:
        """The scorer's probabilities, for whoever wants to know why; empty without a scorer."""
        return self._scorer.scores(text) if self._scorer is not None else {}


def read_thresholds(path: Path = THRESHOLDS) -> Thresholds:
    """The lines of the file; raises ``DataError`` naming the line."""
    try:
        lines = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError("thresholds.yml: cannot be read") from None
    found = [_threshold(number, line) for number, line in enumerate(lines or (), start=1)]
    return Thresholds(
        tuple(line for line in found if isinstance(line, Threshold)),
        tuple(line for line in found if isinstance(line, Calm)),
    )


def read_excused(path: Path = EXCUSED) -> tuple[re.Pattern[str], ...]:
    """The patterns of the file; raises ``DataError``."""
    try:
        lines = read_yaml(path)
        return tuple(re.compile(line) for line in lines or ())
    except (OSError, TypeError, UnicodeDecodeError, re.error, yaml.YAMLError):
        raise DataError("excused.yml: cannot be read") from None


def _threshold(number: int, line: Mapping[str, Any]) -> Threshold | Calm:
    try:
        calm = "below" in line
        shares = {str(head): float(share) for head, share in line["below" if calm else "from"].items()}
        if not shares or not shares.keys() <= _HEADS or not all(0 < share <= 1 for share in shares.values()):
            raise ValueError
        if calm:
            return Calm(str(line["id"]), shares)
        return Threshold(str(line["id"]), shares, Outcome.read(str(line["means"])))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DataError(f"thresholds.yml: line {number}: id, from, below or means is not known") from None


def _subject(scores: Mapping[str, float]) -> Subject:
    if scores["other"] >= LIKELY:
        return Subject.OTHER
    return Subject.HARM if scores["harm"] >= LIKELY else Subject.SELF


def joined(lexicon: Verdict, scored: Verdict) -> Verdict:
    """The worse of the two replies, the higher of the two levels; whom it is about is said by who decided the reply."""
    level, rules = max(lexicon.level, scored.level), (*lexicon.rules, *scored.rules)
    if _ORDER.index(scored.reply_kind) > _ORDER.index(lexicon.reply_kind) or not lexicon.rules:
        return Verdict(level, scored.reply_kind, scored.subject, rules)
    return replace(lexicon, level=level, rules=rules)
