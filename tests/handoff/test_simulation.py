"""A rough night, in simulated time: whatever happens at the desk, nobody is left in silence and no line is lost or doubled."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.errors import HandoffError
from bot.handoff.queue import Queue
from bot.handoff.records import Case
from bot.handoff.states import HELD, State
from bot.privacy.pseudonyms import Pseudonym
from bot.triage.levels import Level
from bot.wording import Reply
from tests.handoff.builders import Desk, House, response

SECONDS = 420
FALLBACKS = tuple(response(f"utter_handoff_{name}") for name in ("nobody", "broken", "slow"))
AGAIN = tuple(response(f"utter_handoff_{name}") for name in ("desk_lost", "handed_back"))


@dataclass
class Officer:
    """What one officer has lived through."""

    who: Pseudonym
    waits_since: float | None = None
    longest: float = 0.0
    silence: float = 0.0
    heard: float = 0.0
    got: list[str] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)
    left: bool = False

    def hear(self, reply: Reply, now: float) -> None:
        if self.waits_since is not None:
            self.silence = max(self.silence, now - self.heard)
        self.heard = now
        if reply.speaker == "desk" or reply.text.startswith(FALLBACKS):
            self.stop_waiting(now)
            self.got += [reply.text] if reply.speaker == "desk" else []
        elif reply.text.startswith(AGAIN):
            self.waits_since = now

    def stop_waiting(self, now: float) -> None:
        if self.waits_since is not None:
            self.longest = max(self.longest, now - self.waits_since)
        self.waits_since = None


@dataclass
class Responder:
    """Somebody who may be slow, vanish, come back, give cases back, or end them."""

    desk: Desk
    there_until: float = 0.0
    back_at: float = 0.0
    read: dict[str, list[str]] = field(default_factory=dict)


class Night:
    """All of them, second by second."""

    def __init__(self, house: House, rng: random.Random) -> None:
        self.house, self.rng = house, rng
        self.officers = {who: Officer(who) for who in (Pseudonym(f"{n:032x}") for n in range(12))}
        tiers = [1, 1, 2, 3]
        self.responders = [Responder(Desk(house.mailbox, f"r{n}", tier)) for n, tier in enumerate(tiers)]
        self.lines: dict[str, list[str]] = {}
        self.closed: set[str] = set()
        house.side._courier._push = self.push

    async def push(self, who: Pseudonym, replies: Sequence[Reply], _: dict[str, Any] | None) -> None:
        for reply in replies:
            self.officers[who].hear(reply, self.house.clock.now)

    async def second(self) -> None:
        self.house.clock.now += 1
        for officer in self.officers.values():
            await self.officer_acts(officer)
        for responder in self.responders:
            self.responder_acts(responder)
        if self.rng.random() < 0.01:
            self.damage()
        await self.house.look()

    async def officer_acts(self, officer: Officer) -> None:
        side, now = self.house.side, self.house.clock.now
        phase, chance = side.phase(officer.who), self.rng.random()
        if phase in ("none", "offered") and chance < 0.01:
            await side.offer(officer.who, Level.HIGH, "web")
            officer.waits_since, officer.heard = now, now
            for reply in await side.choose(officer.who, "/person_yes", Level.HIGH) or ():
                officer.hear(reply, now)
        elif phase == "live" and chance < 0.15:
            text = f"{officer.who[-2:]} says {len(officer.wrote)}"
            if not await side.say(officer.who, text, Level.HIGH):
                officer.wrote.append(text)
        elif phase in ("waiting", "live") and chance > 0.997:
            await side.leave(officer.who)
            officer.left, officer.waits_since = True, None

    def responder_acts(self, responder: Responder) -> None:
        now, desk = self.house.clock.now, responder.desk
        if now >= responder.back_at:
            responder.there_until = now + self.rng.expovariate(1 / 120)
            responder.back_at = responder.there_until + self.rng.expovariate(1 / 90)
        if now > responder.there_until:
            return
        desk.sit_down(on_duty=self.rng.random() < 0.9)
        for case in desk.cases():
            try:
                self.responder_handles(responder, case)
            except HandoffError:
                continue  # somebody was faster

    def responder_handles(self, responder: Responder, case: Case) -> None:
        desk, queue, chance = responder.desk, Queue(self.house.mailbox), self.rng.random()
        if case.state is State.NOTIFYING and chance < 0.03:
            queue.claim(case.id, desk.id)
        if case.owner != desk.id or case.state not in HELD:
            return
        responder.read.setdefault(case.id, []).extend(line.text for line in desk.read(case))
        if chance < 0.2:
            sent = self.lines.setdefault(case.id, [])
            text = f"{case.id} desk {len(sent)}"
            for _ in range(self.rng.choice((1, 1, 2, 3))):  # a page that tries again
                desk.write(case, text, line_id=text)
            sent.append(text)
        elif chance > 0.99:
            queue.give_back(case.id, desk.id)
        elif chance > 0.98:
            queue.close(case.id, desk.id, "talked")
            self.closed.add(case.id)

    def damage(self) -> None:
        """The mailbox's file is destroyed."""
        self.house.mailbox.wipe()
        self.house.mailbox.dispose()
        self.house.mailbox.path.write_bytes(os.urandom(5000))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_a_rough_night(tmp_path: Path, seed: int) -> None:
    """
    Twelve officers, four unreliable responders, a mailbox that is destroyed now and then: everybody who waits has a
    person or the numbers within 120 s and a word at least every 30 s; lines arrive in order and once.
    """
    night = Night(House(tmp_path), random.Random(seed))
    for _ in range(SECONDS):
        await night.second()
    for officer in night.officers.values():
        officer.stop_waiting(night.house.clock.now)

    assert max(officer.longest for officer in night.officers.values()) <= 121  # steps of a whole second
    assert max(officer.silence for officer in night.officers.values()) <= 31
    for officer in night.officers.values():
        for case_id in {text.split()[0] for text in officer.got}:
            numbers = [int(text.split()[-1]) for text in officer.got if text.startswith(case_id)]
            assert numbers == list(range(len(numbers)))
        read = [text for r in night.responders for lines in r.read.values() for text in lines if text in officer.wrote]
        assert len(read) == len(set(read))
    assert sum(len(officer.got) for officer in night.officers.values()) > 20
    assert len(night.closed) > 2 and any(officer.left for officer in night.officers.values())
