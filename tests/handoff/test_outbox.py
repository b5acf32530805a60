"""Written with the step, told at least once under one id, by whoever is alive; what cannot be told is seen."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.errors import StoreError
from bot.handoff.delivery import Delivery
from bot.handoff.duty import Duty, Endpoint, Tier
from bot.handoff.mailbox import Mailbox
from bot.handoff.notices import Notice, Result
from bot.handoff.outbox import LEASE_SECONDS, SCHEDULE, Outbox
from bot.handoff.records import Kind
from bot.handoff.states import State
from bot.triage.levels import Level
from tests.handoff.builders import FakeClock

TELL = tuple(Endpoint(f"peers/{n}", "webhook", f"https://{n}.example.org") for n in (1, 2))
LATER = (Endpoint("coordinator/1", "webhook", "https://3.example.org"),)
ROSTER = (Endpoint("staffing/1", "webhook", "https://4.example.org"),)
DUTY = Duty((Tier("peers", 30, endpoints=TELL), Tier("coordinator", 30, endpoints=LATER)), ROSTER)
CASE = "c" * 32


@dataclass
class World:
    """Somebody who is told, and how it goes."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    sealer: Sealer = field(default_factory=lambda: Sealer([new_key()]))
    results: list[Result] = field(default_factory=list)
    told: list[tuple[str, Notice, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(self.folder / "handoff.db", self.sealer, clock=self.clock, duty=DUTY)
        self.post = self.mailbox.post
        self.delivery = self.process()

    def process(self, **how: float) -> Delivery:
        return Delivery(self.mailbox, lambda: self.post.outbox, DUTY.endpoint, self.send, **how)

    async def send(self, endpoint: Endpoint, notice: Notice) -> Result:
        self.told.append((endpoint.name, notice, self.clock.now))
        return self.results.pop(0) if self.results else Result(True, "ok")

    def opens(self, case_id: str = CASE) -> None:
        self.post.presence.beat("edge-1", Kind.EDGE)
        self.post.queue.open(case_id, "Harbor 41", "edge-1", Level.HIGH)

    async def look(self) -> None:
        await self.delivery.round()
        await self.delivery.idle()

    async def pass_time(self, seconds: float, step: float = 0.5) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += step
            await self.look()

    def kinds(self) -> list[tuple[str, str]]:
        return [(name, notice.kind) for name, notice, _ in self.told]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_every_endpoint_of_a_tier_is_told_at_once(world: World) -> None:
    """
    A new case is told to all ways of the first tier: an opaque id and a level. The next tier hears when it is its turn.
    """
    world.opens()
    await world.look()
    first = world.kinds()
    case = world.post.queue.find(CASE)
    world.post.queue.move(case, State.NOTIFYING, 2)
    await world.look()

    assert sorted(first) == [("peers/1", "handoff.waiting"), ("peers/2", "handoff.waiting")]
    assert world.kinds()[2:] == [("coordinator/1", "handoff.waiting")]
    assert {notice.content["level"] for _, notice, _ in world.told} == {"high"}
    assert len({notice.id for _, notice, _ in world.told}) == 3


async def test_the_step_and_its_letter_are_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    When the letter cannot be written, the case is not opened either.
    """

    def broken(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(Outbox, "put", broken)
    with pytest.raises(StoreError):
        world.opens()

    assert world.post.queue.all() == []


async def test_schedule(world: World) -> None:
    """
    Tries at 0, 2, 5, 10, 20 and 40 s under one id; then the letter is dead and is listed with its last answer.
    """
    world.results = [Result(False, "HTTP 503") for _ in range(99)]
    began = world.clock.now
    world.opens()
    await world.look()
    await world.pass_time(60)

    tries = [(at - began) for name, _, at in world.told if name == "peers/1"]
    assert tries == list(SCHEDULE)
    assert len({notice.id for name, notice, _ in world.told if name == "peers/1"}) == 1
    dead = world.post.outbox.dead()
    assert {(letter.endpoint, letter.tries, letter.word) for letter in dead} == {
        ("peers/1", 6, "HTTP 503"), ("peers/2", 6, "HTTP 503")
    }  # fmt: skip


async def test_gone_is_final(world: World) -> None:
    """
    After 410, or an address that is forbidden, nobody is asked again.
    """
    world.results = [Result(False, "HTTP 410", final=True)] * 2
    world.opens()
    await world.pass_time(60)

    assert len(world.told) == 2
    assert [letter.word for letter in world.post.outbox.dead()] == ["HTTP 410"] * 2


async def test_a_dead_letter_can_be_tried_again_or_put_away(world: World) -> None:
    """
    Somebody at the desk tries one again, which arrives, and puts the other one away.
    """
    world.results = [Result(False, "HTTP 410", final=True)] * 2
    world.opens()
    await world.look()
    one, other = world.post.outbox.dead()

    assert world.post.outbox.again(one.id) and world.post.outbox.put_away(other.id)
    await world.look()
    assert world.told[-1][1].id == one.id
    assert world.post.outbox.dead() == []


async def test_who_was_called_hears_that_it_is_settled(world: World) -> None:
    """
    A claimed case is settled with every way that was told; what was not tried yet is dropped.
    """
    world.results = [Result(True, "ok"), Result(False, "HTTP 500")]
    world.opens()
    await world.look()
    world.post.queue.claim(CASE, "dana")
    await world.pass_time(60)

    assert sorted(world.kinds()[2:]) == [("peers/1", "handoff.settled"), ("peers/2", "handoff.settled")]


async def test_claimed_before_anybody_was_called(world: World) -> None:
    """
    Nobody is called for a case that somebody has already.
    """
    world.opens()
    world.post.queue.claim(CASE, "dana")
    await world.pass_time(60)

    assert world.told == []


async def test_two_processes_tell_once(world: World) -> None:
    """
    Edge and desk both deliver; a letter on lease is nobody else's.
    """
    world.opens()
    other = world.process()
    await asyncio.gather(world.delivery.round(), other.round())
    await world.delivery.idle()
    await other.idle()

    assert sorted(name for name, _ in world.kinds()) == ["peers/1", "peers/2"]


async def test_a_process_that_dies_while_it_delivers(world: World) -> None:
    """
    The lease of a killed process runs out, another one tells it again, under the same id.
    """
    world.opens()
    taken = world.post.outbox.lease()  # and then nothing more is heard of it
    await world.look()
    assert world.told == []
    await world.pass_time(LEASE_SECONDS + 1)

    assert sorted(letter.id for letter in taken) == sorted(notice.id for _, notice, _ in world.told)


async def test_someone_waits_is_told_once_and_bare(world: World) -> None:
    """
    Before a yes the roster hears that someone waits: no id, no level, at most once in five minutes.
    """
    for _ in range(5):
        world.post.outbox.staffing(DUTY.staffing)
        await world.pass_time(30)
    await world.pass_time(200)
    world.post.outbox.staffing(DUTY.staffing)
    await world.look()

    assert world.kinds() == [("staffing/1", "staffing.someone_waits")] * 2
    assert all(notice.content == {} for _, notice, _ in world.told)


async def test_nothing_stays(world: World) -> None:
    """
    After the case is gone no row about it is left, nor its id in the file.
    """
    world.opens()
    await world.look()
    world.post.queue.end(CASE, State.CANCELLED)
    await world.look()
    await world.pass_time(70, step=5)
    world.post.queue.sweep(60)
    world.clock.now += 301
    world.post.queue.sweep_letters()
    world.mailbox.wipe()

    assert world.post.outbox.next_due() is None and world.post.outbox.lease() == []
    left = b"".join(path.read_bytes() for path in world.folder.iterdir())
    assert CASE.encode() not in left and b"handoff.waiting" not in left


DELIVERER = """
import asyncio, os, sys
from pathlib import Path
from bot.crypto.sealing import Sealer, new_key
from bot.errors import StoreError
from bot.handoff.delivery import Delivery
from bot.handoff.mailbox import Mailbox
from bot.handoff.notices import Result
from tests.handoff.test_outbox import DUTY

box = Mailbox(Path(sys.argv[1]), Sealer([new_key()]), duty=DUTY)

async def send(endpoint, notice):
    with open(sys.argv[2], "a") as told:
        told.write(notice.id + "\\n")
    if sys.argv[3] == "hang":
        await asyncio.sleep(60)
    return Result(True, "ok")

asyncio.run(Delivery(box, lambda: box.post.outbox, DUTY.endpoint, send).run())
"""


@pytest.mark.slow
async def test_survives_sigkill(tmp_path: Path) -> None:
    """
    A real process is killed while it delivers; another one that starts on the same file tells the same letters again.
    """
    mailbox = Mailbox(tmp_path / "handoff.db", Sealer([new_key()]), duty=DUTY)
    mailbox.post.presence.beat("edge-1", Kind.EDGE)
    mailbox.post.queue.open(CASE, "Harbor 41", "edge-1", Level.HIGH)
    told = tmp_path / "told"
    told.touch()

    def start(how: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", DELIVERER, str(mailbox.path), str(told), how]
        return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})

    async def lines(count: int) -> list[str]:
        async with asyncio.timeout(60):
            while len(found := told.read_text().split()) < count:
                await asyncio.sleep(0.05)
        return found

    first = start("hang")
    before = await lines(2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start("go")
    try:
        after = (await lines(4))[2:]
        async with asyncio.timeout(30):
            while mailbox.post.outbox.next_due() is not None:
                await asyncio.sleep(0.05)
    finally:
        second.kill()
        second.wait()

    assert sorted(before) == sorted(after)
