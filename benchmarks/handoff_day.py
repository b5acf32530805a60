"""
A day at the desk, in simulated time: officers ask for a person while everything that can break breaks.

    python benchmarks/handoff_day.py [--handoffs 10000] [--seed 7]

The real mailbox, the real state machine, the real outbox and its real delivery; only time, the people and the network
are made up. Edge, desk and the delivery of either are killed at random; deliveries are dropped, answered too late or
come twice; responders are slow, vanish, sleep at night, or have a closed tier. Printed at the end, and held to zero:
handoffs lost, lines a person saw twice or out of order, officers left after 120 s without a person or the words that
tell what to do now.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.crypto.sealing import Sealer, new_key
from bot.errors import HandoffError, SidedoorError, StoreError
from bot.handoff.delivery import Delivery
from bot.handoff.duty import Duty, Endpoint, Tier
from bot.handoff.mailbox import Mailbox
from bot.handoff.notices import Notice, Result
from bot.handoff.officer import OfficerSide
from bot.handoff.records import Case, Kind, Side
from bot.handoff.states import HELD, State
from bot.privacy.pseudonyms import Pseudonym
from bot.settings import Settings
from bot.triage.levels import Level
from bot.wording import Reply, Wording

DAY = 86_400
WORDING = Wording.load()


def first_line(name: str) -> str:
    return WORDING.say(name).text.splitlines()[0].split("{")[0]


FALLBACKS = tuple(first_line(f"utter_handoff_{name}") for name in ("nobody", "broken", "slow"))
ENDS = tuple(first_line(f"utter_handoff_{name}") for name in ("closed", "closed_no_answer", "closed_help_on_the_way"))
AGAIN = tuple(first_line(f"utter_handoff_{name}") for name in ("desk_lost", "handed_back"))


@dataclass
class Clock:
    """Seconds that pass only when the simulation says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Officer:
    """One handoff, from the yes to whatever it comes to."""

    who: Pseudonym
    asked: float
    waits_since: float | None
    longest: float = 0.0
    outcome: str = ""
    got: list[str] = field(default_factory=list)
    wrote: int = 0

    def hear(self, reply: Reply, now: float) -> None:
        if reply.speaker == "desk":
            self.got.append(reply.text)
            self.settled(now, "person")
        elif reply.text.startswith(FALLBACKS):
            self.settled(now, "told what to do now")
        elif reply.text.startswith(ENDS):
            self.settled(now, "ended by a person, and told so")
        elif reply.text.startswith(AGAIN):
            self.waits_since = now

    def settled(self, now: float, outcome: str) -> None:
        if self.waits_since is not None:
            self.longest = max(self.longest, now - self.waits_since)
            self.outcome = outcome
        self.waits_since = None


@dataclass
class Responder:
    """Somebody on duty, in a shift, with habits."""

    id: str
    tier: int
    speed: float  # chance per second to take a case that waits
    there_until: float = 0.0
    back_at: float = 0.0
    beaten: float = float("-inf")
    read: dict[str, list[str]] = field(default_factory=dict)
    wrote: dict[str, int] = field(default_factory=dict)
    twice: int = 0


class Inline(Mailbox):
    """The mailbox without a thread of its own: made-up time does not wait for real threads."""

    async def ask(self, work: Callable[[Any], Any], *, within: float | None = None) -> Any:
        try:
            return work(self.post)
        except SidedoorError:
            raise
        except Exception:
            raise StoreError("the mailbox cannot do that") from None


class Day:
    """Everything, second by second; seconds in which nobody wants anything are skipped."""

    def __init__(self, folder: Path, count: int, seed: int, seconds: int = DAY) -> None:
        self.rng = random.Random(seed)
        self.clock = Clock()
        self.count, self.end = count, self.clock.now + seconds
        tell = [Endpoint(f"{name}/1", "webhook", "https://x.example.org") for name in ("peers", "chaplains", "chief")]
        tiers = [Tier(each.name, seconds, endpoints=(each,)) for each, seconds in zip(tell, (30, 30, 60), strict=True)]
        self.duty = Duty(tuple(tiers))
        sealer = Sealer([new_key()])
        self.boxes = [Inline(folder / "day.db", sealer, clock=self.clock, duty=self.duty) for _ in range(2)]
        self.desk_down_until = 0.0
        self.network_down_until = 0.0
        self.responders = [
            Responder(f"r{n}", tier, speed) for n, (tier, speed) in enumerate(
                [(1, 0.06), (1, 0.02), (1, 0.1), (2, 0.05), (2, 0.01), (3, 0.04)])
        ]  # fmt: skip
        self.asks_at = sorted(self.clock.now + self.rng.random() * (seconds - 400) for _ in range(count))
        self.officers: dict[Pseudonym, Officer] = {}
        self.done: list[Officer] = []
        self.acknowledged: list[float] = []
        self.waiting_since: dict[str, float] = {}
        self.received: dict[str, int] = {}
        self.told = self.dropped = self.doubled = self.dead = 0
        self.kills = {"edge": 0, "desk": 0, "delivery": 0}
        self.start_edge()
        self.deliveries = [self.new_delivery(0), self.new_delivery(1)]

    # -- processes

    def start_edge(self) -> None:
        settings = Settings()
        self.side = OfficerSide(settings, self.boxes[0], WORDING, self.push)

    def new_delivery(self, number: int) -> Delivery:
        box = self.boxes[number]
        return Delivery(box, lambda: box.post.outbox, self.duty.endpoint, self.send, patience=float(number))

    def kill_edge(self) -> None:
        """No good-byes. The pages of the officers say within a second that the connection is lost, with the numbers."""
        self.kills["edge"] += 1
        self.side._courier.stop()
        for officer in list(self.officers.values()):
            officer.settled(self.clock.now, "connection lost, numbers on the page")
            self.finish(officer)
        self.start_edge()
        self.kill_delivery(0)

    def kill_desk(self) -> None:
        self.kills["desk"] += 1
        self.desk_down_until = self.clock.now + self.rng.choice((3, 10, 90))
        self.kill_delivery(1)

    def kill_delivery(self, number: int) -> None:
        self.kills["delivery"] += 1
        for task in list(self.deliveries[number]._under_way):
            task.cancel()
        self.deliveries[number] = self.new_delivery(number)

    # -- the network

    async def send(self, endpoint: Endpoint, notice: Notice) -> Result:
        """A receiver that may be down, slow, or get it and not be able to say so."""
        self.told += 1
        chance = self.rng.random()
        if self.clock.now < self.network_down_until or chance < 0.05:
            self.dropped += 1
            return Result(False, "no connection")
        self.received[notice.id] = self.received.get(notice.id, 0) + 1
        if self.received[notice.id] > 1:
            self.doubled += 1  # the receiver knows it by its id
        return Result(False, "timeout") if chance < 0.1 else Result(True, "ok")

    async def push(self, who: Pseudonym, replies: Sequence[Reply], _: dict[str, Any] | None) -> None:
        if officer := self.officers.get(who):
            for reply in replies:
                officer.hear(reply, self.clock.now)

    # -- people

    async def officers_act(self) -> None:
        while self.asks_at and self.asks_at[0] <= self.clock.now:
            self.asks_at.pop(0)
            who = Pseudonym(f"{len(self.done) + len(self.officers):032x}")
            self.officers[who] = officer = Officer(who, self.clock.now, self.clock.now)
            level = self.rng.choice((Level.HIGH, Level.HIGH, Level.IMMINENT))
            await self.side.offer(who, level, "web")
            for reply in await self.side.choose(who, "/person_yes", level) or ():
                officer.hear(reply, self.clock.now)
        for officer in list(self.officers.values()):
            await self.officer_acts(officer)

    async def officer_acts(self, officer: Officer) -> None:
        phase, chance = self.side.phase(officer.who), self.rng.random()
        if phase in ("none", "offered") and officer.waits_since is None:
            self.finish(officer)
        elif phase == "live" and chance < 0.2:
            if not await self.side.say(officer.who, f"line {officer.wrote}", Level.HIGH):
                officer.wrote += 1
        elif chance > 0.999:
            await self.side.leave(officer.who)
            officer.settled(self.clock.now, "left by themselves")
            self.finish(officer)

    def finish(self, officer: Officer) -> None:
        self.officers.pop(officer.who, None)
        self.done.append(officer)

    def responders_act(self) -> None:
        now = self.clock.now
        if now < self.desk_down_until:
            return
        post = self.boxes[1].post
        cases = post.queue.all()
        for case in cases:
            if case.state is State.NOTIFYING:
                self.waiting_since.setdefault(case.id, case.since)
        night = (now % DAY) / 3600 < 5  # one of two sleeps
        for responder in self.responders:
            if now >= responder.back_at:
                responder.there_until = now + self.rng.expovariate(1 / 1800)
                responder.back_at = responder.there_until + self.rng.expovariate(1 / (2400 if night else 600))
            if now > responder.there_until or not cases:
                continue
            if now - responder.beaten >= 10:
                responder.beaten = now
                post.presence.beat(responder.id, Kind.RESPONDER, tier=responder.tier, on_duty=True)
            for case in cases:
                if case.owner == responder.id or case.state is State.NOTIFYING:
                    self.responder_acts(responder, case)

    def responder_acts(self, responder: Responder, case: Case) -> None:
        post, chance = self.boxes[1].post, self.rng.random()
        try:
            takes = case.state is State.NOTIFYING and responder.tier <= case.tier and chance < responder.speed
            if takes and post.queue.claim(case.id, responder.id):
                self.acknowledged.append(self.clock.now - self.waiting_since.pop(case.id, case.since))
            if case.owner != responder.id or case.state not in HELD:
                return
            lines = post.relay.waiting(case.id, Side.DESK)
            seen = responder.read.setdefault(case.id, [])
            fresh = [line.text for line in lines]
            if lines and self.rng.random() < 0.9:  # else the page lost its connection before it could say so
                post.relay.read_by(case.id, responder.id, got=lines[-1].seq, saw=lines[-1].seq)
                responder.twice += len([text for text in fresh if text in seen])
                seen += fresh
            if chance < 0.25:
                number = responder.wrote.get(case.id, 0)
                for _ in range(self.rng.choice((1, 1, 1, 2, 3))):  # a page that sends again
                    post.relay.to_officer(
                        case.id, responder.id, f"{responder.id} {number:06d}", f"{responder.id} {number}"
                    )
                responder.wrote[case.id] = number + 1
            elif chance > 0.99:
                post.queue.give_back(case.id, responder.id)
            elif chance > 0.94:
                post.queue.close(case.id, responder.id, "talked")
        except HandoffError:
            return  # somebody was faster

    # -- time

    async def run(self) -> None:
        while self.asks_at or self.officers:
            if not self.officers and self.asks_at:
                self.clock.now = max(self.clock.now + 1, self.asks_at[0])  # nobody waits: nothing happens
            else:
                self.clock.now += 1
            chance = self.rng.random()
            if chance < 0.002:
                self.kill_edge()
            elif chance < 0.005:
                self.kill_desk()
            elif chance < 0.008:
                self.kill_delivery(self.rng.randrange(2))
            elif chance < 0.009:
                self.network_down_until = self.clock.now + self.rng.choice((5, 30, 120))
            await self.officers_act()
            self.responders_act()
            await self.side._watch.round()
            await self.side._courier.idle()
            for delivery in self.deliveries:
                await delivery.round()
                await delivery.idle()
        for _ in range(3):
            self.clock.now += 60
            for delivery in self.deliveries:
                await delivery.round()
                await delivery.idle()
        self.dead = len(self.boxes[0].post.outbox.dead())

    def out_of_order(self) -> int:
        """Lines that an officer got twice, or not in the order in which a responder wrote them."""
        wrong = 0
        for officer in self.done:
            last: dict[str, int] = {}
            for text in officer.got:
                responder, number = text.split()
                wrong += int(number) <= last.get(responder, -1)
                last[responder] = int(number)
        return wrong

    def report(self) -> dict[str, int]:
        """The three numbers that have to be zero."""
        lost = self.count - len(self.done) + sum(not officer.outcome for officer in self.done)
        doubled = self.out_of_order() + sum(responder.twice for responder in self.responders)
        # a second is the step of the simulation
        left = sum(officer.longest > 121 for officer in self.done)
        return {"lost": lost, "seen twice or out of order": doubled, "left after 120 s": left}


async def simulate(count: int, seed: int, seconds: int = DAY) -> Day:
    """One day; *seconds* squeezes it."""
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder), count, seed, seconds)
        await day.run()
        for box in day.boxes:
            box.dispose()
        return day


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--handoffs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    import logging

    logging.disable(logging.CRITICAL)
    began = time.perf_counter()
    day = asyncio.run(simulate(asked.handoffs, asked.seed, max(1_000, round(DAY * asked.handoffs / 10_000))))
    outcomes: dict[str, int] = {}
    for officer in day.done:
        outcomes[officer.outcome] = outcomes.get(officer.outcome, 0) + 1
    print(f"{asked.handoffs} handoffs, seed {asked.seed}, {time.perf_counter() - began:.0f} s")
    print("came to:", ", ".join(f"{name} {number}" for name, number in sorted(outcomes.items())))
    print("kills:", ", ".join(f"{name} {number}" for name, number in day.kills.items()))
    print(f"deliveries: {day.told} tries, {day.dropped} dropped, {day.doubled} received again, {day.dead} dead letters")
    cuts = statistics.quantiles(day.acknowledged, n=20)
    print(f"acknowledged: {len(day.acknowledged)}, p50 {cuts[9]:.0f} s, p95 {cuts[18]:.0f} s")
    print(f"longest wait for a person or a word what to do: {max(o.longest for o in day.done):.0f} s")
    for name, number in day.report().items():
        print(f"{name}: {number}")


if __name__ == "__main__":
    main()
