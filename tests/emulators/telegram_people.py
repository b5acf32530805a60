"""
People and groups on the other side of the emulated Telegram, all of them invented: what they send, press and see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.emulators.bot_api import BotApi


@dataclass
class Message:
    """A message as Telegram keeps it."""

    id: int
    chat: int
    by_bot: bool
    date: float
    text: str = ""
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    protected: bool = False
    preview: bool = True
    deleted: bool = False

    @property
    def buttons(self) -> list[str]:
        """The titles under it."""
        return [button["text"] for row in self.keyboard for button in row]


class User:
    """Somebody with a private chat with the bot."""

    def __init__(self, api: BotApi, number: int, first_name: str, *, username: str = "", started: bool = True) -> None:
        self._api = api
        self.id = number
        self.first_name = first_name
        self.username = username or f"{first_name.lower()}_{number % 1000}"
        self.started = started  # a bot cannot write to somebody who never wrote to it
        self.has_blocked = False

    # -- what they send; each returns the message's id

    def says(self, text: str, **more: Any) -> int:
        """An ordinary message; a command carries its entity, as from a real client."""
        self.started = True
        command = re.match(r"/\w+(@\w+)?", text)
        if command:
            more["entities"] = [{"type": "bot_command", "offset": 0, "length": command.end()}]
        return self._sends({"text": text, **more})

    def forwards(self, text: str) -> int:
        """Somebody else's words."""
        origin = {"type": "hidden_user", "sender_user_name": "Sam Invented", "date": int(self._api.now()) - 60}
        return self._sends({"text": text, "forward_origin": origin})

    def sends_sticker(self) -> int:
        """A sticker."""
        more = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular", "emoji": "👍"}
        return self._sends({"sticker": {**_file(), **more}})

    def sends_photo(self, caption: str = "", album: str = "") -> int:
        """A photograph, perhaps one of an album, perhaps with words."""
        sizes = [{**_file(), "width": 90, "height": 67}, {**_file(), "width": 1280, "height": 960}]
        more = {"caption": caption} if caption else {}
        return self._sends({"photo": sizes, **more, **({"media_group_id": album} if album else {})})

    def sends_album(self, count: int = 4, caption: str = "") -> list[int]:
        """Several photographs that arrive as messages of their own."""
        return [self.sends_photo(caption if place == 0 else "", album="13550101") for place in range(count)]

    def sends_voice(self) -> int:
        """A voice message."""
        return self._sends({"voice": {**_file(), "duration": 3, "mime_type": "audio/ogg"}})

    def sends_location(self) -> int:
        """Where they are, or say they are."""
        return self._sends({"location": {"latitude": 1.5, "longitude": 2.5, "live_period": 900}})

    def sends_contact(self) -> int:
        """Somebody's number."""
        return self._sends({"contact": {"phone_number": "+1 555-0142", "first_name": "Sam", "user_id": 5_550_142}})

    def sends_document(self, caption: str = "") -> int:
        """A file."""
        more = {"caption": caption} if caption else {}
        return self._sends({"document": {**_file(), "file_name": "report.pdf", "mime_type": "application/pdf"}, **more})

    def pins(self, message_id: int) -> int:
        """Telegram tells the bot with a message that nobody wrote."""
        return self._sends({"pinned_message": {"message_id": message_id, "chat": self.chat(), "date": 0}})

    def edits(self, message_id: int, **changed: Any) -> None:
        """Changes an own message, ``edits(17, text="…")``."""
        with self._api.lock:
            message = self._api.messages[message_id]
            message.more.update(changed)
            message.text = str(message.more.get("text", message.text))
            self._api.happened("edited_message", {**self._json(message), "edit_date": int(self._api.now())})

    # -- what they press

    def presses(self, title: str, *, twice: bool = False) -> str:
        """The newest button of that title; returns the callback's id."""
        message = next(message for message in reversed(self.screen()) if title in message.buttons)
        data = next(b["callback_data"] for row in message.keyboard for b in row if b["text"] == title)
        presses = [self.presses_data(data, message) for _ in range(2 if twice else 1)]
        return presses[0]

    def presses_data(self, data: str, message: Message | None = None) -> str:
        """A press with any data, as only a forged client would send it when no button has them."""
        with self._api.lock:
            callback = f"5550101{len(self._api.callbacks):05}"
            self._api.callbacks[callback] = False
            query = {"id": callback, "from": self.person(), "chat_instance": "-5550101", "data": data}
            if message:
                query["message"] = self._api.shown(message)
            self._api.happened("callback_query", query)
            return callback

    def blocks(self) -> None:
        """Shuts the bot out."""
        self.has_blocked = True
        self._api.happened("my_chat_member", _membership(self._api, self.chat(), self.person(), "kicked"))

    # -- what they see

    def screen(self) -> list[Message]:
        """What stands in the chat now, oldest first."""
        with self._api.lock:
            return [message for message in self._api.chats[self.id] if not message.deleted]

    def hears(self) -> list[str]:
        """All that the bot ever said here, oldest first, also what was deleted since."""
        with self._api.lock:
            return [message.text for message in self._api.chats[self.id] if message.by_bot]

    def transcript(self) -> str:
        """The chat as one would read it."""
        lines = []
        for message in self.screen():
            said = message.text or f"({next(iter(message.more), '')})"
            buttons = "".join(f" [{title}]" for title in message.buttons)
            lines.append(f"{'bot' if message.by_bot else self.first_name}: {said}{buttons}")
        return "\n".join(lines)

    # -- how Telegram shows them

    def chat(self) -> dict[str, Any]:
        """The private chat."""
        return {"id": self.id, "first_name": self.first_name, "username": self.username, "type": "private"}

    def person(self) -> dict[str, Any]:
        """The user."""
        about = {"id": self.id, "is_bot": False, "first_name": self.first_name, "last_name": "Invented"}
        return {**about, "username": self.username, "language_code": "en"}

    def _sends(self, more: dict[str, Any]) -> int:
        with self._api.lock:
            number = self._api.next_message_id()
            message = Message(number, self.id, False, self._api.now(), more.get("text", ""), more=more)
            self._api.keep(message)
            self._api.happened("message", self._json(message))
            return number

    def _json(self, message: Message) -> dict[str, Any]:
        place = {"message_id": message.id, "from": self.person(), "chat": self.chat(), "date": int(message.date)}
        return {**place, **message.more}


class Group:
    """A place with several people, where this bot has no business."""

    def __init__(self, api: BotApi, number: int, title: str, kind: str) -> None:
        self._api = api
        self.id = number
        self.title = title
        self.kind = kind
        self.has_bot = False

    def adds_bot(self, by: User) -> None:
        """Somebody adds the bot."""
        self.has_bot = True
        status = "administrator" if self.kind == "channel" else "member"
        self._api.happened("my_chat_member", _membership(self._api, self.chat(), by.person(), status))

    def loses_bot(self) -> None:
        """The bot has left."""
        self.has_bot = False
        self._api.happened("my_chat_member", _membership(self._api, self.chat(), self._api.bot, "left"))

    def says(self, text: str, by: User) -> None:
        """A message in the group."""
        place = {"message_id": self._api.next_message_id(), "chat": self.chat(), "date": int(self._api.now())}
        kind = "channel_post" if self.kind == "channel" else "message"
        self._api.happened(kind, {**place, "text": text, **({} if kind == "channel_post" else {"from": by.person()})})

    def chat(self) -> dict[str, Any]:
        """The group as a chat."""
        return {"id": self.id, "title": self.title, "type": self.kind}


def _membership(api: BotApi, chat: dict[str, Any], by: dict[str, Any], status: str) -> dict[str, Any]:
    before = {"user": api.bot, "status": "member" if status in ("kicked", "left") else "left"}
    after = {"user": api.bot, "status": status}
    return {"chat": chat, "from": by, "date": int(api.now()), "old_chat_member": before, "new_chat_member": after}


def _file() -> dict[str, Any]:
    return {"file_id": "AgACAgIAAx-invented", "file_unique_id": "AQADinvented", "file_size": 13_550}
