"""Which of several edges holds a chat, and how they ask one another, in one process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.inbound import Incoming
from bot.channels.telegram_links import TAKEN, Links
from bot.channels.telegram_shares import Shares
from bot.crypto.sealing import Sealer, new_key
from tests.channels.builders import Clock
from tests.emulators.bot_api import BotApi, until
from tests.emulators.telegram_door import CRISIS, NUMBERS, FakeEdge, open_door, says

CHATS = range(5_550_100_000, 5_550_100_400)
HOUR = 3_600.0
MANY = 40  # chats that fall to two edges by lot: with eight, one of them got none in one run of 128


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


class Town:
    """Edges that are alive, and what each of them thinks."""

    def __init__(self, memory: Path | None, state: Path) -> None:
        self.alive: list[str] = []
        self.clock = Clock()
        self.clock.now = 1000.0
        self._places = memory, state

    def opens(self, name: str) -> Shares:
        memory, state = self._places
        self.alive.append(name)
        table = Shares.table(memory, state) if memory else None
        return Shares(
            name, lambda who: who in self.alive, lambda: list(self.alive), 24 * HOUR, database=table, clock=self.clock
        )


@pytest.fixture(params=[True, False], ids=["table", "no table"])
def town(request: pytest.FixtureRequest, memory: Path, tmp_path: Path) -> Town:
    return Town(memory if request.param else None, tmp_path)


def test_all_agree(town: Town) -> None:
    """Every edge names the same holder of a chat, each holds about its part, and two tables know the same shares."""
    edges = [town.opens(name) for name in ("one", "two", "three")]
    holders = [{chat: edge.owner(chat) for chat in CHATS} for edge in edges]

    assert holders[0] == holders[1] == holders[2]
    assert all(80 < count < 190 for count in Counter(holders[0].values()).values())


def test_whoever_is_remembered_stays(memory: Path, tmp_path: Path) -> None:
    """An edge that comes later gets no chat in which somebody can still be remembered, and its part of the others."""
    town = Town(memory, tmp_path)
    one = town.opens("one")
    early, late = CHATS[:200], CHATS[200:]
    for chat in early:
        assert one.owner(chat) == "one"
        one.touch(chat)
    two = town.opens("two")
    assert {two.owner(chat) for chat in early} == {"one"}
    assert {two.owner(chat) for chat in late} == {"one", "two"}

    town.clock.now += 23 * HOUR
    one.let_go()
    assert {two.owner(chat) for chat in early} == {"one"}
    town.clock.now += 2 * HOUR
    one.let_go()
    assert {two.owner(chat) for chat in early} == {"one", "two"}
    assert {two.gone_at(chat) for chat in early} == {None}


def test_who_is_gone_is_followed(town: Town) -> None:
    """The chats of an edge that is gone, killed or stopped, go to the others, who know that something was lost."""
    one, two, three = (town.opens(name) for name in ("one", "two", "three"))
    before = {chat: two.owner(chat) for chat in CHATS}
    for chat in CHATS:
        assert two.gone_at(chat) is three.gone_at(chat) is None
    town.clock.now += 10
    town.alive.remove("one")
    after = {chat: two.owner(chat) for chat in CHATS}

    assert {after[chat] for chat in CHATS if before[chat] == "one"} == {"two", "three"}
    assert all(after[chat] == before[chat] for chat in CHATS if before[chat] != "one")
    assert {chat for chat in CHATS if two.gone_at(chat) is not None} == {c for c in CHATS if before[c] == "one"}

    two.leave()
    town.alive.remove("two")
    assert {three.owner(chat) for chat in CHATS} == {"three"}
    one.leave()


def test_a_table_that_breaks(memory: Path, tmp_path: Path) -> None:
    """A table that is closed, or is none, keeps no chat from being somebody's."""
    town = Town(memory, tmp_path)
    one = town.opens("one")
    one.leave()
    assert {one.owner(chat) for chat in CHATS} == {"one"}

    (folder,) = memory.iterdir()
    for path in folder.iterdir():
        path.write_bytes(b"nothing of the kind" * 500)
    assert {town.opens("two").owner(chat) for chat in CHATS} <= {"one", "two"}


# -- asking one another


class Pair:
    """Two edges' links; ``answers`` is what the second says, ``work`` what it then does."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[Any] = []
        self.answer: Any = TAKEN
        self.work: asyncio.Future[Any] | None = None
        self.asker = Links(folder, "a" * 16, lambda *_: (None, None))
        self.asked = Links(folder, "b" * 16, self._answer)

    async def ask(self, content: Any, patience: float = 5.0) -> Any:
        return await self.asker.ask("b" * 16, "update", content, patience)

    def _answer(self, verb: str, content: Any) -> Any:
        self.heard.append(content)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, self.work


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    made = Pair(tmp_path)
    await made.asked.open(["b" * 16])
    try:
        yield made
    finally:
        await made.asker.close()
        await made.asked.close()


async def test_asked_and_done(pair: Pair) -> None:
    """A question is answered at once, in order, whatever its characters; the end of the work is told when it comes."""
    pair.work = asyncio.get_running_loop().create_future()
    odd = ["\ud83d", "\u202e\u0000", "👍" * 50_000]
    found = await asyncio.gather(*(pair.ask(text) for text in odd))

    assert pair.heard == odd
    assert [asked.said for asked in found] == [TAKEN] * 3
    assert not any(asked.done.done() for asked in found)
    pair.work.set_result(None)
    assert [await asked.done for asked in found] == [True] * 3


async def test_who_does_not_answer(pair: Pair, tmp_path: Path) -> None:
    """Nobody there, a fault over there, or no word in time: the asker learns it and goes on."""
    assert await pair.asker.ask("c" * 16, "update", "x", 5.0) is None
    pair.answer = ValueError("canary")
    assert await pair.ask("x") is None
    pair.answer = TAKEN
    assert await pair.ask("x", patience=0.0) is None
    pair.work = asyncio.get_running_loop().create_future()
    assert (await pair.ask("x")).said == TAKEN


@pytest.mark.parametrize("how", ["cut", "broken off"])
async def test_who_dies_at_work(pair: Pair, how: str) -> None:
    """Work that its edge did not live to do, or broke off, is not taken for done."""
    pair.work = asyncio.get_running_loop().create_future()
    asked = await pair.ask("x")
    if how == "broken off":
        pair.work.cancel()
    await pair.asked.close()

    assert await asked.done is False


async def test_sockets_are_closed_to_others(pair: Pair, tmp_path: Path) -> None:
    """A socket is its owner's alone, the ones that were left over go, and a shut one is gone."""
    (left := tmp_path / "edge-01234567").touch()
    (path,) = [path for path in tmp_path.iterdir() if path != left]
    assert path.stat().st_mode & 0o777 == 0o600
    again = Links(tmp_path, "d" * 16, lambda *_: (None, None))
    await again.open(["b" * 16])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edge-bbbbbbbb", "edge-dddddddd"]
    await again.close()
    assert [path.name for path in tmp_path.iterdir()] == ["edge-bbbbbbbb"]


# -- two doors


async def test_an_erasure_reaches_both(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """What an edge has answered for another that hung is erased with the rest, in both, and deleted on the phone."""
    officer, sealer, several = api.user("Robin"), Sealer([new_key()]), {"edges": 2, "memory_dir": memory}
    edges = [FakeEdge({"/forget": says("Erased.", erased=True)}) for _ in range(2)]
    async with (
        open_door(api, tmp_path, edges[0], sealer=sealer, **several) as one,
        open_door(api, tmp_path, edges[1], sealer=sealer, **several) as two,
    ):
        await until(lambda: len(list(tmp_path.glob("edge-*"))) == 2)
        api.doors = [one.url, two.url]
        officer.says("hello")
        await until(lambda: officer.hears() and api.quiet)
        holder, other = (one, two) if edges[0].heard else (two, one)
        answer, holder.channel._several._links._answer = holder.channel._several._links._answer, _breaks
        api.doors = [other.url]
        officer.says(CRISIS)
        await until(lambda: NUMBERS in officer.hears() and api.quiet)
        assert other.edge.texts() == [CRISIS]
        holder.channel._several._links._answer = answer
        officer.says("/forget")
        await until(lambda: other.edge.forgotten and len(officer.screen()) == 1 and api.quiet)

    assert holder.edge.texts() == ["hello", "/forget"]
    assert officer.transcript() == "bot: Erased."


async def test_a_code_is_found_at_the_other(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """A code of the way to the web chat opens its subject once, also at an edge that did not hand it out."""
    async with (
        open_door(api, tmp_path, edges=2, memory_dir=memory) as one,
        open_door(api, tmp_path, edges=2, memory_dir=memory) as two,
    ):
        await until(lambda: len(list(tmp_path.glob("edge-*"))) == 2)
        code = one.topics.address("https://chat.example.org/", "ask_gun").partition("#")[2]

        assert [await two.topics.find(wish) for wish in ("other", code, code)] == [None, "ask_gun", None]
        assert await one.topics.find(code) is None


async def test_one_stops_in_good_order(api: BotApi, tmp_path: Path, memory: Path) -> None:
    """An edge that is stopped finishes what it has begun and leaves its chats; the other answers from then on."""
    officers = [api.user(f"Officer{number}") for number in range(MANY)]
    edges = [FakeEdge(delays={"slow": 0.8}) for _ in range(2)]
    async with open_door(api, tmp_path, edges[0], edges=2, memory_dir=memory) as one:
        async with open_door(api, tmp_path, edges[1], edges=2, memory_dir=memory):
            await until(lambda: len(list(tmp_path.glob("edge-*"))) == 2)
            api.doors = [one.url]
            for officer in officers:
                officer.says("slow")
            await until(lambda: len(edges[0].heard) + len(edges[1].heard) == MANY)
            assert edges[1].heard
        for officer in officers:
            officer.says("again")
        await until(lambda: api.quiet and all("heard: again" in officer.hears() for officer in officers))

    said = [text for officer in officers for text in officer.hears() if text.startswith("heard")]
    assert Counter(said) == {"heard: slow": MANY, "heard: again": MANY}
    assert sum(incoming == Incoming("telegram", incoming.sender, "again") for incoming in edges[0].heard) == MANY


def _breaks(*_: object) -> Any:
    raise ValueError("canary")
