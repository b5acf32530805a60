"""
Runs the Telegram door over real HTTP against the emulator of the Bot API, under everything that Telegram may do to it.

    .venv/bin/python benchmarks/telegram_door.py [--updates 1000] [--copies 3] [--refusals 20]
    .venv/bin/python benchmarks/telegram_door.py --edges 2 [--updates 1000] [--copies 2]

Updates come several times and out of order, sends are refused with 429 in between, strangers post with a wrong secret
and without one, and in the middle the door is stopped and opened again. Each update has to be answered once.

With ``--edges`` as many processes stand behind a proxy that takes turns, and one of them is killed in the middle.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from bot.channels.telegram import SECRET_HEADER
from tests.emulators.bot_api import SECRET, BotApi, until
from tests.emulators.door_process import door_process
from tests.emulators.telegram_door import CRISIS, NUMBERS, FakeEdge, open_door
from tests.emulators.telegram_people import User
from tests.guarantees.house import free_port

PEOPLE = 50


async def measure(updates: int, copies: int, refusals: int) -> list[str]:
    """The figures, one a line."""
    edge, heard_at = FakeEdge(), time.monotonic()
    with BotApi() as api, tempfile.TemporaryDirectory() as folder:
        officers = [api.user(f"Officer{number}") for number in range(PEOPLE)]
        for half in range(2):
            async with open_door(api, Path(folder), edge, pace=5000, web_messages_per_minute=1000) as door:
                for _ in range(refusals // 2):
                    api.fault("sendMessage", retry_after=1)
                with api.shuffled(copies=copies):
                    for number in range(half * updates // 2, (half + 1) * updates // 2):
                        officers[number % PEOPLE].says(f"message {number}")
                api.repeat_confirmed(100)  # of the half before, after a restart
                wanted = (half + 1) * updates // 2
                await until(lambda w=wanted: api.quiet and _answers(officers) >= w, within=90, every=0.2)
                refused = [
                    await _stranger(door.url, secret) for secret in (None, b"", b"wrong", SECRET.encode() + b"x")
                ]
        seconds = time.monotonic() - heard_at
        async with open_door(api, Path(folder), edge) as door:
            began = time.perf_counter()
            officers[0].says(CRISIS)
            await until(lambda: NUMBERS in officers[0].hears())
            crisis = (time.perf_counter() - began) * 1000
        heard = Counter(edge.texts())
        answered = Counter(text for officer in officers for text in officer.hears())
        statuses = Counter(call.status for call in api.called("sendMessage"))
        said = [f"message {number}" for number in range(updates)]
        lost = [text for text in said if not answered[f"heard: {text}"]]
        doubled = [text for text in said if heard[text] > 1 or answered[f"heard: {text}"] > 1]
        return [
            f"updates: {updates} of {PEOPLE} officers, {len(api.deliveries)} deliveries, out of order, one restart",
            f"lost: {len(lost)}; doubled: {len(doubled)}; {seconds:.0f} s",
            f"sendMessage: {statuses[200]} accepted, {statuses[429]} refused with 429",
            f"no secret, empty, wrong, longer: {', '.join(map(str, refused))}",
            f"a crisis, from sent to shown: {crisis:.0f} ms",
        ]


async def measure_several(updates: int, copies: int, edges: int) -> list[str]:
    """The figures of *edges* processes on one folder, one of which is killed when three quarters are answered."""
    with BotApi() as api, tempfile.TemporaryDirectory(dir="/dev/shm") as name, contextlib.ExitStack() as running:
        folder = Path(name) / "s"
        folder.mkdir(mode=0o700)
        processes = []
        for port in [free_port() for _ in range(edges)]:
            url = f"http://127.0.0.1:{port}/telegram"
            api.doors.append(url)
            settings = {"memory_dir": name, "edges": edges, "web_messages_per_minute": 10_000}
            process = door_process(folder, api.url, port, Path(name) / "log", telegram_webhook_url=url, **settings)
            processes.append(running.enter_context(process))
        await until(lambda: len(list(folder.glob("edge-*"))) == edges, within=60)
        officers, began = [api.user(f"Officer{number}") for number in range(PEOPLE)], time.monotonic()
        for half in range(2):
            with api.shuffled(copies=copies):
                for number in range(half * updates // 2, (half + 1) * updates // 2):
                    officers[number % PEOPLE].says(f"message {number}")
            if half == 1:
                await until(lambda: _answers(officers) >= updates * 3 // 4, within=90, every=0.05)
                processes[0].kill()
            wanted = (half + 1) * updates // 2
            await until(lambda w=wanted: api.quiet and len(_told(officers)) >= w, within=90, every=0.2)
            if half == 0:
                together = _told(officers)
                alone = all(
                    sorted(_counts(officer)) == list(range(1, len(_counts(officer)) + 1)) for officer in officers
                )
                seconds, crises = time.monotonic() - began, [await _crisis(api, officer) for officer in officers]
        told = _told(officers)
        moved = sum(any(text.startswith("A part of this") for text in officer.hears()) for officer in officers)
        return [
            f"edges: {edges}; updates: {updates} of {PEOPLE} officers, each {copies} times; "
            f"deliveries: {len(api.deliveries)}",
            f"the first half, all alive: lost {updates // 2 - len(together)}, doubled {_doubled(together)}; "
            f"{seconds:.0f} s; each officer remembered by one edge: {'yes' if alone else 'NO'}",
            f"the other half, one killed: lost {updates - len(told)}, doubled {_doubled(told)}; {moved} officers moved",
            f"a crisis, from sent to shown: median {statistics.median(crises):.0f} ms, longest {max(crises):.0f} ms",
        ]


async def _crisis(api: BotApi, officer: User) -> float:
    began = time.perf_counter()
    officer.says(CRISIS)
    await until(lambda: NUMBERS in officer.hears(), every=0.001)
    return (time.perf_counter() - began) * 1000


def _counts(officer: User) -> list[int]:
    return [int(text.split(":")[0]) for text in officer.hears()]


def _told(officers: list[User]) -> Counter[str]:
    """How often each message was answered."""
    return Counter(text.split(": ")[1] for officer in officers for text in officer.hears() if ": message" in text)


def _doubled(told: Counter[str]) -> int:
    return sum(count > 1 for count in told.values())


def _answers(officers: list) -> int:  # type: ignore[type-arg]
    return sum(len(officer.hears()) for officer in officers)


async def _stranger(url: str, secret: bytes | None) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    message = {"message_id": 1, "chat": {"id": 5550101, "type": "private"}, "date": 0, "text": "forged"}
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(url, json={"update_id": 1, "message": message}, headers=headers)).status_code


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--edges", type=int, default=1, help="as processes of their own")
    parser.add_argument("--refusals", type=int, default=20)
    asked = parser.parse_args()
    several = measure_several(asked.updates, asked.copies, asked.edges) if asked.edges > 1 else None
    print(*asyncio.run(several or measure(asked.updates, asked.copies, asked.refusals)), sep="\n")


if __name__ == "__main__":
    main()
