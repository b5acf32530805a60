"""
Says what a message and an answer look like on the web chat's wire.

An event is ``{"seq", "kind": "message", "speaker", "text", "buttons", "level", "reply_kind"}`` or
``{"seq", "kind": "status", "status": {"state", …}}``; the session gives it its number. ``to`` is the id of the message
that it answers, so that the browser knows of its arrival even when the response to the message itself was lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException

from bot.channels.inbound import Answer
from bot.channels.web_sessions import Event

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CHOICE = re.compile(r"/[a-z0-9_]{1,64}(:[a-z0-9_]{1,64})?")


@dataclass(frozen=True, slots=True)
class Said:
    """One request's message. ``after`` is the number of the last event the browser has."""

    id: str
    text: str = field(repr=False)
    choice: str | None
    after: int

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Said:
        """Raises ``HTTPException`` 400 with the name of the field that is wrong."""
        message_id, text, choice = body.get("id"), body.get("text", ""), body.get("choice")
        if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
            raise HTTPException(400, "id")
        if not isinstance(text, str) or (choice is None and not text):
            raise HTTPException(400, "text")
        if choice is not None and (text or not isinstance(choice, str) or not _CHOICE.fullmatch(choice)):
            raise HTTPException(400, "choice")
        # half an emoji is legal in JSON and illegal in UTF-8: nothing behind here should meet one
        whole = text.encode("utf-8", "replace").decode("utf-8")
        return cls(message_id, whole, choice, count(body.get("after", 0)))


def events_of(answer: Answer, *, to: str = "") -> list[Event]:
    """One event a reply, then the state of a handoff if there is one."""
    judged = {"level": answer.level.label, "reply_kind": answer.reply_kind.value}
    events: list[Event] = [
        {
            "kind": "message",
            "speaker": reply.speaker,
            "text": reply.text,
            "buttons": [{"title": button.title, "payload": button.payload} for button in reply.buttons],
            **judged,
        }
        for reply in answer.replies
    ]
    if answer.status is not None:
        events.append({"kind": "status", "status": answer.status})
    return [{**event, "to": to} for event in events] if to else events


def status_event(state: str, **more: int) -> Event:
    """Something that the page should show which is not a line of the conversation."""
    return {"kind": "status", "status": {"state": state, **more}}


def count(value: Any) -> int:
    """A small number from a body or a query; 400 for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
        return int(value)
    if type(value) is int and 0 <= value < 10**9:
        return value
    raise HTTPException(400, "after")
