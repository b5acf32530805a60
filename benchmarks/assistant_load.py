"""
Measures the assistant's process over its socket: latency and throughput with 1, 4 and 16 officers at once, and how long
a probe waits meanwhile.

    python -m benchmarks.assistant_load SOCKET [--seconds 6]

SOCKET is that of a running assistant; its store then holds 16 invented conversations, which are forgotten at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from bot.assistant.client import AssistantClient
from bot.triage.levels import Level

SAID = ("hi", "will my sergeant find out if i call the eap", "i can not sleep", "what about the chaplain", "thanks")


async def talk(client: AssistantClient, who: Any, until: float, spent: list[float]) -> None:
    """One officer who answers at once."""
    turn = 0
    while time.monotonic() < until:
        began = time.perf_counter()
        text: Any = SAID[turn % len(SAID)]
        await client.reply(who, text, Level.MILD, timeout=30)
        spent.append((time.perf_counter() - began) * 1000)
        turn += 1


async def probe(client: AssistantClient, until: float, spent: list[float]) -> None:
    """The supervisor, ten times a second."""
    while time.monotonic() < until:
        began = time.perf_counter()
        assert await client.alive()
        spent.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.1)


async def level(client: AssistantClient, officers: list[Any], seconds: float) -> dict[str, float]:
    """The figures with these officers at once."""
    until, spent, probes = time.monotonic() + seconds, [], []  # type: ignore[var-annotated]
    await asyncio.gather(probe(client, until, probes), *(talk(client, who, until, spent) for who in officers))
    return {
        "officers": len(officers),
        "per_second": round(len(spent) / seconds, 1),
        "p50_ms": round(statistics.median(spent), 1),
        "p95_ms": round(statistics.quantiles(spent, n=20)[-1], 1),
        "probe_p50_ms": round(statistics.median(probes), 1),
        "probe_max_ms": round(max(probes), 1),
    }


async def run(socket: Path, seconds: float) -> None:
    """Prints a line of JSON for each number of officers."""
    client = AssistantClient(socket)
    everybody = [os.urandom(16).hex() for _ in range(16)]
    for count in (1, 4, 16):
        print(json.dumps(await level(client, everybody[:count], seconds)), flush=True)
    for who in everybody:
        await client.forget(who)  # type: ignore[arg-type]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", type=Path)
    parser.add_argument("--seconds", type=float, default=6)
    wanted = parser.parse_args()
    asyncio.run(run(wanted.socket, wanted.seconds))


if __name__ == "__main__":
    main()
