"""What is taken from an update, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram_updates import Kind, Update, read

PRIVATE = {"id": 5550101, "type": "private", "first_name": "Robin", "username": "robin_555"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("chat", "from", "id", "type", "text", "caption", "data", "message_id", "date", "message", "new_chat_member")
parts = st.dictionaries(st.sampled_from(FIELDS), json_values | st.just(PRIVATE) | st.just("private"))


def message(**more: Any) -> Update:
    """The update of a private message."""
    found = read({"update_id": 1, "message": {"message_id": 17, "chat": PRIVATE, "date": 1_700_000_000, **more}})
    assert found is not None
    return found


def test_text() -> None:
    """Of a text message, the chat, the number, the time and the words are taken."""
    found = message(text="hello")

    assert (found.kind, found.chat, found.message_id, found.text) == (Kind.TEXT, 5550101, 17, "hello")
    assert found.sent_at == 1_700_000_000


@pytest.mark.parametrize(
    ("text", "choice", "rest"),
    [
        ("/start", "/start", ""),
        ("/start poster7", "/start", "poster7"),
        ("/HELP", "/help", ""),
        ("/forget@some_bot", "/forget", ""),
        ("/stop I cannot go on", "/stop", "I cannot go on"),
        ("/start\nsecond line", "/start", "second line"),
    ],
)
def test_commands(text: str, choice: str, rest: str) -> None:
    """A command of the menu is told apart from the words after it."""
    found = message(text=text)

    assert (found.kind, found.choice, found.text) == (Kind.COMMAND, choice, rest)


@pytest.mark.parametrize("text", ["/etc/passwd", "/kill me", "a /start", "/", "//forget", "/inform"])
def test_other_slashes_are_words(text: str) -> None:
    """What only looks like a command is heard as words."""
    assert message(text=text).kind is Kind.TEXT


@pytest.mark.parametrize("thing", ["sticker", "voice", "location", "contact", "document", "poll", "brand_new_thing"])
def test_things_are_unread(thing: str) -> None:
    """Whatever is not text is told apart, also what Telegram invents next year."""
    assert message(**{thing: {"file_id": "x"}}).kind is Kind.UNREAD


def test_captions_are_words() -> None:
    """Words under a photograph are words."""
    found = message(photo=[{"file_id": "x"}], caption="look", media_group_id="9")

    assert (found.kind, found.text, found.album) == (Kind.CAPTION, "look", "9")


def test_forwards_and_edits_are_asides() -> None:
    """Somebody else's words and changed words are marked as such."""
    edited = read({"update_id": 1, "edited_message": {"message_id": 17, "chat": PRIVATE, "text": "changed"}})

    assert message(text="theirs", forward_origin={"type": "user"}).kind is Kind.FORWARDED
    assert edited is not None
    assert (edited.kind, edited.text) == (Kind.EDITED, "changed")


def test_moving_locations_and_pins_are_nothing() -> None:
    """What nobody wrote is not answered."""
    moved = read({"update_id": 1, "edited_message": {"message_id": 17, "chat": PRIVATE, "location": {}}})

    assert moved is not None
    assert moved.kind is Kind.NOTHING
    assert message(pinned_message={"message_id": 3}).kind is Kind.NOTHING


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel", "", None])
def test_elsewhere(kind: str | None) -> None:
    """Anything but a private chat is elsewhere, and its words are not taken."""
    found = message(chat={"id": -100, "type": kind}, text="said in a group")

    assert (found.kind, found.text) == (Kind.ELSEWHERE, "")


def test_press_on_an_old_message() -> None:
    """A press is understood when Telegram no longer shows the message it was on."""
    found = read({"update_id": 1, "callback_query": {"id": "c1", "from": {"id": 5550101}, "data": "x"}})

    assert found is not None
    assert (found.kind, found.chat, found.callback_id, found.pressed) == (Kind.PRESS, 5550101, "c1", "x")


@pytest.mark.parametrize(
    ("chat", "status", "kind"),
    [
        (PRIVATE, "kicked", Kind.BLOCKED),
        (PRIVATE, "member", Kind.NOTHING),
        ({"id": -100, "type": "group"}, "member", Kind.ELSEWHERE),
        ({"id": -100, "type": "channel"}, "administrator", Kind.ELSEWHERE),
        ({"id": -100, "type": "group"}, "left", Kind.NOTHING),
    ],
)
def test_membership(chat: dict[str, Any], status: str, kind: Kind) -> None:
    """Being added to a group is told apart from being blocked, and from having left."""
    found = read({"update_id": 1, "my_chat_member": {"chat": chat, "new_chat_member": {"status": status}}})

    assert found is not None
    assert found.kind is kind


def test_names_are_not_taken() -> None:
    """Neither names nor ids show when an update is printed."""
    found = message(text="words", **{"from": {"id": 5550101, "first_name": "Robin"}})

    assert "Robin" not in str(found)
    assert "5550101" not in str(found)
    assert "words" not in str(found)


@settings(deadline=None)
@given(json_values | st.builds(lambda kind, part: {"update_id": 7, kind: part}, st.sampled_from(
    ["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]), parts))  # fmt: skip
def test_never_raises(raw: object) -> None:
    """No JSON whatever stops the door, and what comes out is always complete."""
    found = read(raw)

    assert found is None or found.kind is not Kind.TEXT or (found.chat and found.text)
