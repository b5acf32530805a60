"""Buttons, commands and whole messages that the edge understands by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.commands import Commands, as_choice, without_slash

COMMANDS = Commands.load()


@pytest.mark.parametrize(
    "text, choice",
    [
        ("Delete everything!", "/forget"),
        ("can i talk to a REAL person?", "/person"),
        ("/help", "/help"),
        (" /FORGET ", "/forget"),
        ("delete everything I said about the captain", None),
        ("/restart", None),
        ("forget about the sergeant, what about the EAP", None),
        ("", None),
    ],
)
def test_whole_messages_only(text: str, choice: str | None) -> None:
    """A message counts as a command only when it is nothing else."""
    assert COMMANDS.choice_in(text) == choice


@pytest.mark.parametrize("payload", ["/person_yes", "/more_option:eap", "/show_option:peer_support"])
def test_payload_of_a_button(payload: str) -> None:
    """A payload of the right form is taken as it is."""
    assert as_choice(payload) == payload


@pytest.mark.parametrize("payload", ["person", "/A", '/x{"a": 1}', "/x y", "/x:Y", "/" + "x" * 60, "/x\n", "/x:../y"])
def test_no_payload(payload: str) -> None:
    """Anything else is refused, so that no payload can carry text or structure."""
    assert as_choice(payload) is None


@given(st.text())
def test_no_slash_survives(text: str) -> None:
    """Words that go on never start with a slash."""
    assert not without_slash(text).startswith("/")
