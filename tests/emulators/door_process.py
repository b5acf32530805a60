"""
A Telegram door as a process of its own, with an edge that remembers how often each officer has written.

    python -m tests.emulators.door_process '{"state_dir": …, "telegram_api": …, "port": …, "edges": 2, …}'
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from bot.channels.inbound import Answer, Incoming
from bot.channels.telegram import TelegramChannel
from bot.crypto.sealing import ID_BYTES, KEY_BYTES, Key, Sealer
from bot.settings import ROOT
from bot.wording import Button
from tests.emulators.telegram_door import WORDING, FakeEdge, judge, says, telegram_settings

KEY = Key(b"\1" * ID_BYTES, b"\2" * KEY_BYTES)


class CountingEdge(FakeEdge):
    """Says how many messages of this officer it has heard; ``button`` brings one, and ``forget`` starts anew."""

    def __init__(self) -> None:
        super().__init__()
        self._count: Counter[str] = Counter()

    async def hear(self, incoming: Incoming) -> Answer:
        self._count[incoming.sender] += 1
        said = f"{self._count[incoming.sender]}: {incoming.choice or incoming.text}"
        if incoming.text == "button":
            return says(said, buttons=(Button("Press", "/pressed"),))
        if incoming.choice == "/forget":
            await self.forget(incoming.channel, incoming.sender)
            return says(said, erased=True)
        if judge(incoming.text).level:
            return await super().hear(incoming)
        if incoming.text == "slow":
            await asyncio.sleep(3)
        return says(said)

    async def forget(self, channel: str, sender: str) -> Answer:
        self._count.pop(sender, None)
        return await super().forget(channel, sender)


@contextlib.contextmanager
def door_process(folder: Path, api: str, port: int, log: Path, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The process; ended at the end, if it has not been before."""
    asked = {"state_dir": str(folder), "telegram_api": api, "port": port, **more}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.emulators.door_process", json.dumps(asked)], cwd=ROOT, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()


async def main(asked: dict[str, Any]) -> None:
    port, api = asked.pop("port"), asked.pop("telegram_api")
    folders = {name: Path(asked.pop(name)) for name in ("state_dir", "memory_dir") if name in asked}
    state = folders.pop("state_dir")
    settings = telegram_settings(state, api, **folders, **asked)
    channel = TelegramChannel(CountingEdge(), settings, pace=5000, wording=WORDING, judge=judge, sealer=Sealer([KEY]))
    await channel.start()
    config = uvicorn.Config(
        Starlette(routes=channel.routes()), port=port, log_config=None, access_log=False, ws="none", lifespan="off"
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        await channel.stop()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
