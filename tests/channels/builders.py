"""An edge with real triage and wording, and stand-ins for the parts that live in other processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.assistant.client import AssistantAnswer, Notes
from bot.channels.inbound import Edge
from bot.channels.telegram_kept import Kept
from bot.crypto.keyring import Keyring, create
from bot.crypto.sealing import Sealer
from bot.errors import AssistantUnavailable
from bot.privacy.address_book import AddressBook
from bot.privacy.pseudonyms import Pseudonym, Pseudonyms
from bot.privacy.redaction import RedactedText
from bot.triage.levels import Level
from bot.triage.lexicon import Triage
from bot.triage.safety_reply import SafetyReplies
from bot.wiring import EDGE_KEYS, EdgeParts
from bot.wording import Reply, Wording

TRIAGE = Triage.load()
WORDING = Wording.load()


@dataclass
class FakeAssistant:
    """Answers with ``said``, or is away when ``away``; notes what reached it."""

    said: tuple[Reply, ...] = (Reply("from the assistant"),)
    signals: tuple[str, ...] = ()
    subject: str = ""
    away: bool = False
    hangs: bool = False
    heard: list[tuple[str, str, Level, str | None]] = field(default_factory=list)
    forgotten: list[Pseudonym] = field(default_factory=list)
    notes: Notes | None = None

    async def reply(
        self, who: Pseudonym, text: RedactedText, level: Level, *, choice: str | None = None, timeout: float
    ) -> AssistantAnswer:
        if self.hangs:
            await asyncio.sleep(timeout)
            raise AssistantUnavailable
        if self.away:
            raise AssistantUnavailable
        self.heard.append((who, text, level, choice))
        return AssistantAnswer(self.said, self.signals, self.subject)

    async def forget(self, who: Pseudonym) -> int:
        if self.away:
            raise AssistantUnavailable
        self.forgotten.append(who)
        return 1

    async def held(self, who: Pseudonym) -> Notes | None:
        if self.away:
            raise AssistantUnavailable
        return None if who in self.forgotten else self.notes


@dataclass
class FakePerson:
    """A handoff that is in ``now``; ``breaks`` makes everything raise."""

    now: str = "none"
    breaks: bool = False
    said: list[str] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    forgotten: list[Pseudonym] = field(default_factory=list)

    def phase(self, who: Pseudonym) -> str:
        if self.breaks:
            raise OSError("canary")
        return self.now

    def heard(self, who: Pseudonym, level: Level) -> None:
        self.levels.append(level)

    async def offer(self, who: Pseudonym, level: Level, channel: str) -> tuple[Reply, ...]:
        self.now = "offered"
        return (Reply("a person?"),)

    async def choose(self, who: Pseudonym, choice: str, level: Level) -> tuple[Reply, ...] | None:
        return (Reply("waiting"),) if choice == "/person_yes" else None

    async def say(self, who: Pseudonym, text: str, level: Level) -> tuple[Reply, ...]:
        self.said.append(text)
        return ()

    def status(self, who: Pseudonym) -> dict[str, Any] | None:
        return None

    def expects(self, who: Pseudonym) -> bool:
        return False

    def draft(self, who: Pseudonym, text: str) -> tuple[Reply, ...]:
        return ()

    async def forget(self, who: Pseudonym) -> int:
        self.forgotten.append(who)
        return 0


def kept(memory: Path, state: Path, sealer: Sealer) -> Kept:
    """The rows of *state* in *memory*; asserted, since a test without them tests nothing."""
    found = Kept.at(memory, state, sealer)
    assert found is not None
    return found


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def redact_digits(text: str) -> RedactedText:
    """A redaction that can be seen: every digit becomes a hash."""
    return RedactedText("".join("#" if c.isdigit() else c for c in text))


def edge_parts(folder: Path, **changes: Any) -> EdgeParts:
    """Parts with real keys in *folder*; *changes* replace single parts."""
    create(folder / "keys")
    keyring = Keyring(folder / "keys", EDGE_KEYS)
    parts: dict[str, Any] = {
        "triage": TRIAGE,
        "safety": SafetyReplies(WORDING),
        "wording": WORDING,
        "pseudonyms": Pseudonyms(keyring),
        "address_book": AddressBook(keyring.sealer("address_book")),
        "redact": redact_digits,
        "assistant": FakeAssistant(),
        "person": FakePerson(),
        "patience": 0.5,
        "message_limit": 10_000,
        "clock": Clock(),
    }
    return EdgeParts(**(parts | changes))


def edge(folder: Path, **changes: Any) -> Edge:
    """An edge of ``edge_parts``."""
    return Edge(edge_parts(folder, **changes))


def texts(replies: Sequence[Reply]) -> str:
    """All texts of *replies*, one after another."""
    return "\n".join(reply.text for reply in replies)
