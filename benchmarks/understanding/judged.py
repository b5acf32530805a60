"""
What each layer makes of a message, so that a figure can be given for each layer alone and for all together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.understanding.sets import Item, Set
from bot.privacy.redaction import Redactor
from bot.triage.layers import Layers, Thresholds, read_thresholds
from bot.triage.levels import ReplyKind, Verdict
from bot.triage.lexicon import Triage
from bot.triage.scoring.joining import join


@dataclass(frozen=True)
class Judged:
    """A message, what the lexicon says, what the scorer says, and the verdict of both."""

    item: Item
    lexicon: Verdict
    scores: Mapping[str, float]
    scorer: Verdict
    kept: Verdict  # of the lexicon's, once the scorer has looked at its signs
    verdict: Verdict
    length: int

    @property
    def risk(self) -> float:
        """One number for curves: the scorer's, raised by what the lexicon found."""
        order = (ReplyKind.NORMAL, ReplyKind.CHECK_IN, ReplyKind.CRISIS)
        return self.scores.get("high", 0.0) + order.index(self.kept.reply_kind)


class Judges:
    """The layers, taken apart."""

    def __init__(self, lexicon: Triage, layers: Layers, thresholds: Thresholds) -> None:
        self._lexicon, self._layers, self._thresholds = lexicon, layers, thresholds

    @classmethod
    def load(cls, models: Path) -> Judges:
        """The parts as the edge loads them."""
        lexicon = Triage.load()
        layers = Layers.over(lexicon)
        join(layers, models)
        return cls(lexicon, layers, read_thresholds())

    def judge(self, item: Item) -> Judged:
        """All verdicts on one message."""
        found, scores = self._lexicon.judge(item.text), self._layers.scores(item.text)
        scored = self._thresholds.of(scores) if scores else Verdict()
        kept = self._thresholds.without_signs(found, scores) if scores else found
        both = self._layers.judge(item.text)
        return Judged(item, found, scores, scored, kept, both, len(item.text.split()))

    def redacted(self, chosen: Sequence[Set]) -> dict[str, tuple[int, int]]:
        """How many verdicts redaction changes, by set."""
        redactor = Redactor.load()
        found = {}
        for one in chosen:
            changes = sum(self._changes(item.text, str(redactor.redact(item.text))) for item in one.items)
            found[one.name] = changes, len(one.items)
        return found

    def _changes(self, text: str, redacted: str) -> bool:
        if text == redacted:
            return False
        before, after = self._layers.judge(text), self._layers.judge(redacted)
        return (before.level, before.reply_kind) != (after.level, after.reply_kind)
