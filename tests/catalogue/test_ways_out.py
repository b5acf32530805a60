"""
Nothing is passed on: the parts that can send anything to another machine are few, and each is known.
"""

from __future__ import annotations

import ast
from pathlib import Path

from bot.settings import ROOT

SENDERS = {"aiohttp", "aiosmtplib", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "telegram",
           "urllib.request", "urllib3", "websockets"}  # fmt: skip
KNOWN = {
    "bot/assistant/client.py": "a Unix socket to the assistant's process",
    "bot/assistant/server.py": "the other end of that socket",
    "bot/channels/telegram_line.py": "the officer's own chat",
    "bot/channels/telegram_links.py": "Unix sockets between the edges of one machine",
    "bot/channels/telegram_pace.py": "the officer's own chat",
    "bot/cli_directory.py": "fetches the links of the directory when an operator asks with --links",
    "bot/doctor_live.py": "asks this machine's own processes what they answer",
    "bot/doctor.py": "catches what asking this machine's own processes raises",
    "bot/handoff/bell.py": "rings for the other process on this machine: one empty byte through a socket of its owner",
    "bot/handoff/senders.py": "tells the people on duty that somebody waits, by the ways an operator set up",
    "bot/probing.py": "asks this machine's own processes whether they live",
}


def imports(path: Path) -> set[str]:
    """The modules that *path* imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_only_known_parts_can_send() -> None:
    """
    No part of the service can reach another machine, but the ones named here, each for its one reason.
    """
    senders = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "actions")
        for path in (ROOT / folder).rglob("*.py")
        if any(name in SENDERS or name.split(".")[0] in SENDERS for name in imports(path))
    }

    assert senders <= set(KNOWN)
