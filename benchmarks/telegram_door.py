"""
Runs the Telegram door over real HTTP against the emulator of the Bot API, under everything that Telegram may do to it.

    .venv/bin/python benchmarks/telegram_door.py [--updates 1000] [--copies 3] [--refusals 20]

Updates come several times and out of order, sends are refused with 429 in between, strangers post with a wrong secret
and without one, and in the middle the door is stopped and opened again. Each update has to be answered once.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from bot.channels.telegram import SECRET_HEADER
from tests.emulators.bot_api import BotApi, until
from tests.emulators.telegram_door import CRISIS, NUMBERS, SECRET, FakeEdge, open_door

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
                await until(lambda w=wanted: api.quiet and _answers(officers) >= w, within=600, every=0.2)
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
    parser.add_argument("--refusals", type=int, default=20)
    asked = parser.parse_args()
    print(*asyncio.run(measure(asked.updates, asked.copies, asked.refusals)), sep="\n")


if __name__ == "__main__":
    main()
