"""docs/threat-model.md names what is there: each adversary with what they get, what stands against it and what is left."""

from __future__ import annotations

import re

import pytest

from bot.settings import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
WHO = TEXT.split("## Who might want it")[1].split("## What is switched off")[0]
ADVERSARIES = dict(part.split("\n", 1) for part in WHO.split("\n### ")[1:])
NEEDED = [
    "supervisor with administrator rights",
    "Agency IT on the wire",
    "subpoena",
    "stolen disk",
    "stolen backup",
    "Telegram",
    "hostile officer",
    "hostile responder",
    "Whoever runs the machine",
]


@pytest.mark.parametrize("who", NEEDED)
def test_each_adversary_is_answered(who: str) -> None:
    """Each has what they get, what is done against it with the test that shows it, and what is left."""
    (found,) = [part for title, part in ADVERSARIES.items() if who in title]
    gets, against, left = (found.split(f"- **{word}:**")[1] for word in ("Gets", "Against it", "Left"))

    assert gets.strip() and left.strip()
    assert re.search(r"`tests/[\w/.]+`", against.split("- **")[0] + gets.split("- **")[0])


def test_every_path_is_there() -> None:
    """A file or folder that the page names is in the repository."""
    named = set(re.findall(r"`((?:bot|tests|docs|nlu_data)/[\w./-]+)`", TEXT))

    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
