"""
The whole house in one process for a conversation: real edge, trained model, sealed notes, a provider who is written to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.assistant.client import AssistantAnswer, Notes
from bot.channels.commands import without_slash
from bot.channels.inbound import Edge
from bot.crypto.keyring import Keyring, create
from bot.crypto.sealing import new_provider_keys
from bot.handoff.delivery import Delivery
from bot.handoff.duty import Endpoint
from bot.handoff.notices import Notice, Result
from bot.privacy.pseudonyms import Pseudonym
from bot.privacy.redaction import RedactedText
from bot.referral.officer import ReferralSide
from bot.referral.partners import Partner, Partners
from bot.referral.receipts import Receipts
from bot.triage.levels import Level
from bot.wording import Button, Reply
from tests.channels.builders import WORDING, edge
from tests.conversations.data import CONVERSATIONS, read

TRANSCRIPTS: list[dict[str, Any]] = [
    one
    for path in sorted((CONVERSATIONS / "transcripts").glob("*.yml"))
    for one in read(path)  # type: ignore[attr-defined]
]

PEERS = Partner(
    "peers", "River County Peer Team", "river_county_peers", new_provider_keys()[1], "a phone number", "two days",
    Endpoint("referral/peers", "webhook", "https://peers.example.org", ("x",)),
)  # fmt: skip


class InProcess:
    """The assistant without its process: what goes over the socket otherwise, handed on."""

    def __init__(self, brain: Any) -> None:
        self._brain = brain

    async def reply(
        self, who: Pseudonym, text: RedactedText, level: Level, *, choice: str | None = None, timeout: float
    ) -> AssistantAnswer:
        found = await self._brain.hear(who, text, level, choice)
        replies = [
            Reply(reply["text"], tuple(Button(b["title"], b["payload"]) for b in reply["buttons"]))
            for reply in found["replies"]
        ]
        return AssistantAnswer(tuple(replies), tuple(found["signals"]), found["subject"])

    async def forget(self, who: Pseudonym) -> int:
        return int(self._brain.store.forget(who))

    async def held(self, who: Pseudonym) -> Notes | None:
        found = self._brain.store.held(who)
        return found and Notes(found.turns, len(found.slots), found.minutes_left)


@contextmanager
def sealed_notes(agent: Any, folder: Path) -> Iterator[Any]:
    """The loaded *agent* over the store of the real process, in *folder*, as ``Brain.load`` puts them together."""
    from bot.assistant.brain import Brain
    from bot.assistant.tracker_store.rows import Rows
    from bot.assistant.tracker_store.store import SealedTrackerStore

    create(folder / "notes")
    rows = Rows(f"sqlite:///{folder / 'tracker.db'}")
    sealer = Keyring(folder / "notes", ("tracker",)).sealer("tracker")
    store = SealedTrackerStore(sealer, rows, window_turns=20, idle_minutes=60, lifetime_hours=24)
    store.domain = agent.domain
    before, agent.processor.tracker_store = agent.processor.tracker_store, store
    try:
        yield Brain(agent, store)
    finally:
        agent.processor.tracker_store = before
        store.close()


@dataclass
class Provider:
    """Gets what is delivered; ``taking`` decides whether there is one at all."""

    side: ReferralSide
    delivery: Delivery
    got: list[Notice] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path, *, taking: bool) -> Provider:
        store, partners = Receipts(folder / "referral.db"), Partners((PEERS,) if taking else ())

        async def receive(_: Endpoint, notice: Notice) -> Result:
            provider.got.append(notice)
            return Result(True, "ok")

        side = ReferralSide(partners, lambda: store, WORDING)
        provider = cls(side, Delivery(store, lambda: store.letters, partners.endpoint, receive))
        return provider

    async def is_reached(self) -> None:
        """What was sent arrives."""
        await self.delivery.round()
        await self.delivery.idle()


async def as_it_is(text: str) -> RedactedText:
    """Nothing here names anybody; redaction has tests of its own."""
    return RedactedText(without_slash(text))


def open_house(folder: Path, assistant: Any, provider: Provider) -> Edge:
    """The edge of the house; nothing but processes is missing."""
    return edge(folder, assistant=assistant, redact=as_it_is, referral=provider.side, patience=60.0)


def remembered(turn: dict[str, Any], text: str, known: dict[str, str]) -> None:
    """Keeps what the officer writes down of *text*: ``notes`` has a name and the words before it, as ``gets`` has."""
    for name, before in turn.get("notes", {}).items():
        match = re.search(re.escape(before) + r"\s*(\S+)", text)
        assert match, (name, text)
        known[name] = match[1]


def written(turn: dict[str, Any], known: dict[str, str]) -> str:
    """What the officer types, with what was written down before in its place."""
    return re.sub(r"\{(\w+)\}", lambda match: known[match[1]], turn.get("write", ""))
