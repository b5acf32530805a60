"""Builders for tests of the handoff: a clock that is moved by hand, an officer's page, a responder at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.crypto.sealing import Sealer, new_key
from bot.handoff.mailbox import Mailbox
from bot.handoff.officer import OfficerSide
from bot.handoff.presence import Presence
from bot.handoff.queue import Queue
from bot.handoff.records import Case, Kind, Line, Side
from bot.handoff.relay import Relay
from bot.privacy.pseudonyms import Pseudonym
from bot.settings import Settings
from bot.triage.levels import Level
from bot.wording import Reply, Wording
from tests.desk.desk_process import until

WORDING = Wording.load()
RIVERA = Pseudonym("a" * 32)
COLE = Pseudonym("b" * 32)


@dataclass
class FakeClock:
    """Seconds that pass only when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Page:
    """What one officer after the other got pushed."""

    replies: dict[Pseudonym, list[Reply]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)

    async def push(self, who: Pseudonym, replies: Sequence[Reply], status: dict[str, Any] | None) -> None:
        self.replies.setdefault(who, []).extend(replies)
        if status:
            self.statuses.append(status)

    def texts(self, who: Pseudonym = RIVERA, speaker: str = "") -> list[str]:
        return [reply.text for reply in self.replies.get(who, []) if not speaker or reply.speaker == speaker]


def response(name: str) -> str:
    """The first line of a response: enough to recognise it whatever is filled in."""
    return first_line(WORDING.say(name))


def first_line(reply: Reply) -> str:
    return reply.text.splitlines()[0].split("{")[0]


@dataclass
class Desk:
    """A responder, straight at the mailbox."""

    mailbox: Mailbox
    id: str = "dana"
    tier: int = 1

    def sit_down(self, *, on_duty: bool = True) -> None:
        Presence(self.mailbox).beat(self.id, Kind.RESPONDER, tier=self.tier, on_duty=on_duty)

    def cases(self) -> list[Case]:
        return Queue(self.mailbox).all()

    def take(self) -> Case:
        case = self.cases()[0]
        assert Queue(self.mailbox).claim(case.id, self.id)
        return case

    def write(self, case: Case, text: str, line_id: str = "") -> int:
        return Relay(self.mailbox).to_officer(case.id, self.id, line_id or text, text)

    async def is_asked_for(self, side: OfficerSide, page: Page) -> Case:
        """Sits down, is asked for by an officer, takes the case and writes; back when the line is on the page."""
        self.sit_down()
        await side.offer(RIVERA, Level.HIGH, "web")
        await side.choose(RIVERA, "/person_yes", Level.HIGH)
        case = self.take()
        self.write(case, "this is Dana")
        await until(lambda: "this is Dana" in page.texts(RIVERA, "desk"), seconds=20)
        return case

    def read(self, case: Case) -> list[Line]:
        """Takes what has come and shows it, as the page does."""
        found = Relay(self.mailbox).waiting(case.id, Side.DESK)
        if found:
            Relay(self.mailbox).read_by(case.id, self.id, got=found[-1].seq, saw=found[-1].seq)
        return found


@dataclass
class House:
    """One edge and one mailbox with a clock moved by hand."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    page: Page = field(default_factory=Page)
    sealer: Sealer = field(default_factory=lambda: Sealer([new_key()]))
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.mailbox = self.open_mailbox()
        self.side = OfficerSide(self.settings, self.mailbox, WORDING, self.page.push)
        self.desk = Desk(self.open_mailbox())

    def open_mailbox(self) -> Mailbox:
        return Mailbox(self.folder / "handoff.db", self.sealer, clock=self.clock)

    async def ask_for_a_person(self, who: Pseudonym = RIVERA, level: Level = Level.HIGH) -> None:
        """An officer is offered a person and says yes."""
        await self.side.offer(who, level, "web")
        await self.side.choose(who, "/person_yes", level)

    async def look(self) -> None:
        """The edge's background work, once, and what follows from it."""
        await self.side._watch.round()
        await self.side._courier.idle()

    async def pass_time(self, seconds: float, *, desk: bool = True) -> None:
        """Lets time pass in steps of a second; the responder's page stays open if *desk*."""
        for _ in range(int(seconds)):
            self.clock.now += 1
            if desk:
                self.desk.sit_down()
            await self.look()

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.iterdir()) if path.is_file())
