"""
Reads an update of the Bot API and keeps the least of it: which chat, which message, the words, what kind of thing.

It reads the JSON itself, not a library's objects: names, usernames and files are never looked at, and a field that
Telegram adds or drops around a message cannot make the words in it unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from bot.channels.commands import COMMANDS

ASKED_FOR = ("message", "edited_message", "callback_query", "my_chat_member")  # nothing else need be sent to us

_COMMAND = re.compile(r"(/[a-z]+)(?:@\w+)?(?:\s+(.*))?\Z", re.DOTALL | re.IGNORECASE)

# What Telegram itself says in a private chat; nobody sent it, so nobody is answered.
_SERVICE = frozenset(
    """
    boost_added chat_background_set chat_shared connected_website delete_chat_photo gift group_chat_created
    left_chat_member message_auto_delete_timer_changed new_chat_members new_chat_photo new_chat_title pinned_message
    proximity_alert_triggered refunded_payment successful_payment unique_gift users_shared video_chat_ended
    video_chat_participants_invited video_chat_scheduled video_chat_started web_app_data write_access_allowed
    """.split()  # noqa: SIM905
)


class Kind(Enum):
    """What an update asks of the door."""

    TEXT = auto()  # words to hear
    COMMAND = auto()  # a command of the menu; words after it are heard only when there is danger in them
    PRESS = auto()  # a button under one of our messages
    CAPTION = auto()  # words to hear, on a thing that is not looked at
    EDITED = auto()  # heard only when there is danger in it
    FORWARDED = auto()  # the same
    UNREAD = auto()  # sticker, voice, location, contact, document, …
    ELSEWHERE = auto()  # a group or a channel
    BLOCKED = auto()  # the officer has shut the bot out
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Update:
    """One update. ``sent_at`` is Telegram's own time; ``choice`` a command, ``pressed`` a button's opaque id."""

    update_id: int
    kind: Kind
    chat: int = field(default=0, repr=False)
    message_id: int = 0
    sent_at: float | None = None
    text: str = field(default="", repr=False)
    choice: str = ""
    callback_id: str = field(default="", repr=False)
    pressed: str = field(default="", repr=False)
    album: str = field(default="", repr=False)


def read(raw: object) -> Update | None:
    """What *raw* (decoded JSON) asks for; None when it is not an update at all. Never raises."""
    update_id = _number(raw.get("update_id")) if isinstance(raw, dict) else None
    if update_id is None:
        return None
    for name, reader in _READERS.items():
        part = _mapping(raw, name)
        if part:
            return reader(Update(update_id, Kind.NOTHING), part)
    return Update(update_id, Kind.NOTHING)


def _message(blank: Update, message: Mapping[str, Any]) -> Update:
    found = _placed(blank, message)
    if found.kind is Kind.ELSEWHERE or not found.chat or _SERVICE & message.keys():
        return found
    text, caption = _string(message, "text"), _string(message, "caption")
    if text and ("forward_origin" in message or "forward_date" in message):
        return replace(found, kind=Kind.FORWARDED, text=text)
    if text:
        return _command(found, text) or replace(found, kind=Kind.TEXT, text=text)
    kind = Kind.CAPTION if caption else Kind.UNREAD
    return replace(found, kind=kind, text=caption, album=_string(message, "media_group_id"))


def _edited(blank: Update, message: Mapping[str, Any]) -> Update:
    found = _placed(blank, message)
    text = _string(message, "text") or _string(message, "caption")
    if found.kind is Kind.ELSEWHERE or not found.chat or not text:
        return found  # a live location, say, is edited every few seconds
    return replace(found, kind=Kind.EDITED, text=text)


def _command(found: Update, text: str) -> Update | None:
    """A command with its words: ``/start poster7`` is ``/start`` and words, like any other."""
    match = _COMMAND.match(text.strip())
    if match is None or match[1].lower() not in COMMANDS:
        return None
    return replace(found, kind=Kind.COMMAND, choice=match[1].lower(), text=match[2] or "")


def _press(blank: Update, query: Mapping[str, Any]) -> Update:
    found = _placed(blank, _mapping(query, "message"))
    if found.kind is Kind.ELSEWHERE:
        return found
    # the message may be too old for Telegram to show; a private chat has the id of its user
    chat = found.chat or _number(_mapping(query, "from").get("id")) or 0
    press = replace(found, kind=Kind.PRESS, chat=chat, callback_id=_string(query, "id"), pressed=_string(query, "data"))
    return press if press.chat and press.callback_id else replace(press, kind=Kind.NOTHING)


def _membership(blank: Update, change: Mapping[str, Any]) -> Update:
    found = _placed(blank, change)
    shut_out = _string(_mapping(change, "new_chat_member"), "status") in ("kicked", "left")
    if found.kind is Kind.ELSEWHERE:
        return replace(found, kind=Kind.NOTHING) if shut_out else found
    return replace(found, kind=Kind.BLOCKED) if shut_out and found.chat else found


def _placed(blank: Update, part: Mapping[str, Any]) -> Update:
    """Where it was said; anything but a private chat is ``ELSEWHERE``."""
    chat = _mapping(part, "chat")
    chat_id, message_id, date = _number(chat.get("id")), _number(part.get("message_id")), _number(part.get("date"))
    if chat_id is None:
        return blank
    kind = blank.kind if chat.get("type") == "private" else Kind.ELSEWHERE
    return replace(blank, kind=kind, chat=chat_id, message_id=message_id or 0, sent_at=float(date) if date else None)


_READERS: dict[str, Callable[[Update, Mapping[str, Any]], Update]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _press,
    "my_chat_member": _membership,
    "channel_post": _message,
    "edited_channel_post": _edited,
}


def _mapping(part: Any, name: str) -> Mapping[str, Any]:
    value = part.get(name)
    return value if isinstance(value, dict) else {}


def _string(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None
