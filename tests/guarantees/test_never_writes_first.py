"""Whoever wrote is not written to until they write again, unless they asked for a person."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.channels.inbound import Incoming
from bot.settings import ROOT
from tests.channels.builders import Clock, edge

HOUR = 3600.0
MAY_PUSH = {"bot/handoff/courier.py"}  # brings a person's lines and the state of a handoff the officer said yes to


@pytest.mark.parametrize("channel", ["web", "telegram"])
async def test_silence_until_the_officer_writes(tmp_path: Path, channel: str) -> None:
    """Through a conversation, its end and the day after, nothing is brought to an officer that is no answer to a message."""
    clock, pushed = Clock(), []
    house = edge(tmp_path, clock=clock)

    async def push(sender, replies, status) -> None:
        pushed.append(replies)

    house.subscribe(channel, push)
    for text in ("hi", "my gun is in my lap and I want to die", "delete everything", "hello again"):
        assert (await house.hear(Incoming(channel, "5550101", text))).replies
    for _ in range(50):
        clock.now += HOUR / 2
        await house.sweep(HOUR, 24 * HOUR)

    assert pushed == []


def test_only_a_handoff_can_push() -> None:
    """In all of the program there is one place that brings something without being asked, and it belongs to the handoff."""
    found = set()
    for path in (ROOT / "bot").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in ("_push", "push"):
                found.add(name)

    relays = {"bot/channels/telegram.py"}  # passes on what the edge was given
    assert found - relays == MAY_PUSH
