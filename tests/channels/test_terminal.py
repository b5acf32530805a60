"""The terminal channel and its contract of JSON lines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from bot.channels.terminal import LONGEST_LINE, Terminal, read_line
from tests.channels.builders import edge


async def talk(folder: Path, *lines: bytes) -> list[dict[str, Any]]:
    target = io.StringIO()
    await Terminal(edge(folder)).json_lines(io.BytesIO(b"\n".join(lines) + b"\n"), target)
    return [json.loads(line) for line in target.getvalue().splitlines()]


async def test_an_object_a_line(tmp_path: Path) -> None:
    """Every line in gives one object out, in order, with the promised fields."""
    objects = await talk(tmp_path, b"hi", b"I am going to kill myself tonight", b"thanks")

    assert [set(o) for o in objects] == [{"replies", "level", "reply_kind", "ms"}] * 3
    assert [o["reply_kind"] for o in objects] == ["normal", "crisis", "normal"]
    assert all(isinstance(o["ms"], float) for o in objects)


async def test_buttons_have_title_and_payload(tmp_path: Path) -> None:
    """A reply's buttons are objects with a title and a payload, and a reply without any has no such field."""
    (crisis,) = await talk(tmp_path, b"I am going to kill myself tonight")

    assert all(set(b) == {"title", "payload"} for r in crisis["replies"] for b in r.get("buttons", ()))
    assert any(r.get("buttons") for r in crisis["replies"])


async def test_odd_lines_get_an_answer_too(tmp_path: Path) -> None:
    """An empty, an undecodable and a huge line get an object each, and the conversation goes on."""
    objects = await talk(tmp_path, b"", b"\xff\xfe\xfa", b"x " * 500_000, b"hi")

    assert len(objects) == 4
    assert all(o["replies"] for o in objects)


async def test_payload_presses_the_button(tmp_path: Path) -> None:
    """A line that is a button's payload counts as that button pressed."""
    (answer,) = await talk(tmp_path, b"/forget")

    assert "erased" in json.dumps(answer["replies"]).lower()


def test_line_is_cut_not_kept() -> None:
    """A line longer than the limit is cut and its rest dropped; the next line is whole."""
    source = io.BytesIO(b"x" * (LONGEST_LINE + 5) + b"\nnext\n")

    assert len(read_line(source) or b"") == LONGEST_LINE
    assert read_line(source) == b"next"
    assert read_line(source) is None
