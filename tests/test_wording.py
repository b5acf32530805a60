"""The reviewed sentences are found, complete, and the same for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.wording import Button, Wording


def written(folder: Path, text: str) -> Path:
    (folder / "a.yml").write_text(text, encoding="utf-8")
    return folder


TWO = """
responses:
  utter_hello:
  - text: "Hello {who}."
    buttons:
    - {title: Go, payload: /go}
  - text: On a phone.
    channel: telegram
"""


def test_first_variation_wins(tmp_path: Path) -> None:
    """Without a variation for the channel the general one is said, always the same."""
    reply = Wording.load(written(tmp_path, TWO)).say("utter_hello", channel="web", who="there")

    assert (reply.text, reply.buttons) == ("Hello there.", (Button("Go", "/go"),))


def test_channel_wins(tmp_path: Path) -> None:
    """A variation for the channel wins over the general one."""
    assert Wording.load(written(tmp_path, TWO)).say("utter_hello", channel="telegram").text == "On a phone."


@pytest.mark.parametrize(
    "text, fault",
    [
        ("responses: [", "line"),
        ("responses:\n  utter_x: hello", "utter_x"),
        ("responses:\n  utter_x:\n  - buttons: []", "utter_x"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, fault: str) -> None:
    """A file that is wrong is named, with the line or the response."""
    with pytest.raises(DataError, match=f"a.yml.*{fault}"):
        Wording.load(written(tmp_path, text))


def test_twice_is_a_fault(tmp_path: Path) -> None:
    """A response that stands in two files is a fault: one of them would never be said."""
    (tmp_path / "b.yml").write_text(TWO, encoding="utf-8")

    with pytest.raises(DataError, match="utter_hello is defined twice"):
        Wording.load(written(tmp_path, TWO))


def test_missing_is_a_fault(tmp_path: Path) -> None:
    """A response that is not there is an error that names it."""
    with pytest.raises(DataError, match="utter_nothing"):
        Wording.load(written(tmp_path, TWO)).say("utter_nothing")
