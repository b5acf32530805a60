"""
Judges messages one by one, each as the first of its own conversation: what measuring rests on.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, BinaryIO, Protocol, TextIO

from bot.assistant import training
from bot.channels.commands import without_slash
from bot.channels.terminal import read_line, standard_streams
from bot.privacy.redaction import RedactedText, Redactor
from bot.settings import Settings
from bot.triage.layers import Layers
from bot.triage.levels import Level, Verdict
from bot.triage.lexicon import Triage
from bot.triage.scoring.joining import join

LONGEST = 200_000  # bytes a line may have; the longest post people write has a tenth of that


class Parser(Protocol):
    """Rasa's understanding, without a conversation."""

    async def parse(self, text: RedactedText, level: Level) -> tuple[str, float]: ...


def assess(settings: Settings, *, triage_only: bool, explain: bool) -> None:
    """Judges standard input line by line; makes first what is missing."""
    parser = None
    if not triage_only:
        if training.needs_training(settings):
            training.train(settings, lambda stage, share: None)
        from bot.assistant.parsing import load_parser  # Rasa takes 20 s, which judging by triage alone need not wait

        parser = load_parser(settings)
    source, target = standard_streams()
    layers = Layers.over(Triage.load())
    join(layers, settings.model_dir)
    Assessment(layers, Redactor.load(), parser, explain=explain).run(source, target)


class Assessment:
    """What the edge and the assistant would make of a message; *parser* is None where Rasa is not wanted."""

    def __init__(self, triage: Layers, redactor: Redactor, parser: Parser | None, *, explain: bool = False) -> None:
        self._triage = triage
        self._redactor = redactor
        self._parser = parser
        self._explain = explain

    def run(self, source: BinaryIO, target: TextIO) -> None:
        """A message a line in, an object a line out, in order; a bad line gets an ``error`` and the rest goes on."""
        while (raw := read_line(source, LONGEST + 2)) is not None:
            print(json.dumps(self._line(raw), ensure_ascii=False), file=target, flush=True)

    def _line(self, raw: bytes) -> dict[str, Any]:
        if len(raw) > LONGEST:
            return {"error": f"the line is longer than {LONGEST} bytes"}
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return {"error": "the line is not UTF-8"}
        if not text.strip():
            return {"error": "the line is empty"}
        return self.of(text)

    def of(self, text: str) -> dict[str, Any]:
        """The object for one message."""
        verdict = self._triage.judge(text)
        redacted = self._redactor.redact(text)
        found: dict[str, Any] = {}
        if self._parser is not None:
            heard = RedactedText(without_slash(redacted))
            intent, confidence = asyncio.run(self._parser.parse(heard, verdict.level))
            found = {"intent": intent, "confidence": round(confidence, 4)}
        found |= {"level": verdict.level.label, "reply_kind": verdict.reply_kind.value, "redacted": redacted}
        return found | (self._reasons(text, verdict) if self._explain else {})

    def _reasons(self, text: str, verdict: Verdict) -> dict[str, Any]:
        """Ids of rules and thresholds, and the scorer's probabilities; no word of the message."""
        scores = {head: round(share, 4) for head, share in self._triage.scores(text).items()}
        return {"rules": list(verdict.rules), "subject": verdict.subject.value, "scores": scores}
