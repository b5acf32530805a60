"""
Asks this machine's own processes whether they live.
"""

from __future__ import annotations

import httpx

PROBE_SECONDS = 5.0


def local_url(host: str, port: int, path: str = "/livez") -> str:
    """Where a process that listens on *host* can be reached from this machine."""
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host  # noqa: S104 - compared, not bound
    return f"http://{reachable}:{port}{path}"


async def answers(url: str) -> bool:
    """True when *url* answers 200; raises ``httpx.HTTPError`` when nothing is there."""
    async with httpx.AsyncClient(timeout=PROBE_SECONDS, trust_env=False) as client:
        return (await client.get(url)).status_code == 200
