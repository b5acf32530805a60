"""
Does with each update what should be done: lets the edge hear it and brings its answer, or says what is not read.

Answers of one chat go out in the order of its messages; a crisis answer waits for nothing. Chats do not wait for one
another.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from bot.channels.inbound import Answer, Incoming
from bot.channels.telegram_buttons import Buttons
from bot.channels.telegram_crowd import Crowd
from bot.channels.telegram_lanes import Turn
from bot.channels.telegram_text import pieces
from bot.channels.telegram_traces import Traces
from bot.channels.telegram_updates import Kind, Update
from bot.channels.topics import Topics, is_subject, payloads
from bot.errors import SidedoorError
from bot.logs import get_logger
from bot.triage.levels import Level, ReplyKind, Verdict
from bot.triage.safety_reply import SafetyReplies
from bot.wording import Button, Reply, Wording
from bot.yaml_files import read_yaml

log = get_logger(__name__)

CHANNEL = "telegram"
WORDS = Path(__file__).with_name("telegram.en.yml")
FIRST_TYPING, NEXT_TYPING = 0.6, 4.5  # seconds; Telegram shows "typing" for five
BEFORE = 100  # message ids, in one request
_ASIDES = {Kind.EDITED: "edited", Kind.FORWARDED: "forwarded"}
_SPEAKING = frozenset({Kind.TEXT, Kind.COMMAND, Kind.PRESS, Kind.CAPTION})
_WAYS_OUT = frozenset({"/start", "/private", "/help"})  # answers that also show the way to the web chat


class Hearing(Protocol):
    """What this door needs of the edge."""

    def subscribe(self, channel: str, push: Callable[..., Awaitable[None]]) -> None: ...

    async def hear(self, incoming: Incoming) -> Answer: ...

    async def forget(self, channel: str, sender: str) -> Answer: ...


class Line(Protocol):
    """What this door needs of the line to Telegram; see ``telegram_line.Line``."""

    async def send(
        self, chat: int, text: str, rows: Sequence[tuple[str, str]] = (), *, urgent: bool = False
    ) -> int | None: ...

    async def type(self, chat: int) -> None: ...

    async def settle(self, callback_id: str) -> None: ...

    async def strip(self, chat: int, message_id: int) -> None: ...

    async def delete(self, chat: int, message_ids: Sequence[int]) -> list[int]: ...

    async def leave(self, chat: int) -> None: ...


class Others(Protocol):
    """What this door needs of the edges beside this one; see ``telegram_several.Several``."""

    def may_have_lost(self, chat: int) -> bool: ...

    async def forget(self, chat: int) -> None: ...


@dataclass(frozen=True, slots=True)
class TalkParts:
    """
    The collaborators of a talk. ``patience`` is how long, in seconds, the edge may take before this door speaks;
    ``per_minute`` how many messages of one chat get an answer of their own; ``others`` there are where several edges
    serve one bot.
    """

    edge: Hearing
    line: Line
    wording: Wording
    judge: Callable[[str], Verdict]
    traces: Traces
    buttons: Buttons
    patience: float
    topics: Topics = field(default_factory=Topics)
    web_chat_url: str = ""
    per_minute: int = 40
    others: Others | None = None


class Talk:
    """All private chats of the bot."""

    def __init__(self, parts: TalkParts) -> None:
        self._parts = parts
        self._words: dict[str, Any] = words()
        self._safety = SafetyReplies(parts.wording)
        self._crowd = Crowd(parts.per_minute)
        self._albums: OrderedDict[str, None] = OrderedDict()
        self._left: OrderedDict[int, None] = OrderedDict()
        self._asides: set[asyncio.Task[None]] = set()
        self._lost: set[int] = set()

    async def answer(self, update: Update, turn: Turn) -> None:
        """Everything *update* asks for."""
        if update.kind in _SPEAKING and self._may_have_lost(update.chat):
            self._lost.add(update.chat)
        if update.kind is not Kind.ELSEWHERE and update.kind is not Kind.PRESS and update.chat:
            self._parts.traces.note(update.chat, update.message_id, update.sent_at)
        if handler := _HANDLERS.get(update.kind):
            await handler(self, update, turn)

    async def push(self, chat: int, replies: Sequence[Reply], turn: Turn) -> None:
        """Brings what nobody asked for; it comes from a person, or says that none is there, so it does not queue."""
        await turn()
        await self._say(chat, replies, urgent=True)

    async def erase(self, chat: int) -> int:
        """
        Deletes both sides' messages in *chat*, as far as they are remembered; how many.

        After a restart nothing is remembered. Ids count up over all chats of a bot, and Telegram passes over those that
        are not in this chat, so the ids just before the oldest remembered one are asked to be deleted as well.
        """
        self._parts.buttons.forget(chat)
        self._crowd.forget(chat)
        standing = self._parts.traces.take(chat)
        left = await self._parts.line.delete(chat, standing)
        self._settle_traces(chat, standing, left)
        if standing and (before := range(max(1, min(standing) - BEFORE), min(standing))):
            await self._parts.line.delete(chat, before)
        return len(standing) - len(left)

    async def forget(self, chat: int, *, was_here: bool) -> None:
        """
        Another edge has erased *chat*, and says so there: nothing is known of it here. What this edge has said in it
        goes too, but not that line.
        """
        self._parts.buttons.forget(chat)
        self._crowd.forget(chat)
        standing = self._parts.traces.take(chat, known=True)
        if was_here:
            self._settle_traces(chat, standing, await self._parts.line.delete(chat, standing))

    async def tidy(self) -> None:
        """Deletes what is old enough; drops buttons that are."""
        self._parts.buttons.sweep()
        self._crowd.sweep()
        for chat, message_ids in self._parts.traces.due().items():
            self._settle_traces(chat, message_ids, await self._parts.line.delete(chat, message_ids))

    def _settle_traces(self, chat: int, asked: Iterable[int], left: Iterable[int]) -> None:
        """What Telegram could not be asked about is tried again; of the rest nothing is kept."""
        left = set(left)
        self._parts.traces.give_back(chat, left)
        self._parts.traces.gone(chat, [number for number in asked if number not in left])

    async def last_words(self, seconds: float) -> None:
        """Gives what was begun beside the answers a moment: a button that is never settled spins on the phone."""
        if self._asides:
            await asyncio.wait(self._asides, timeout=seconds)

    # -- one method for each kind of update

    async def _text(self, update: Update, turn: Turn) -> None:
        over = self._crowd.over(update.chat)
        if self._crowd.is_flood(over) and self._parts.judge(update.text).reply_kind is ReplyKind.NORMAL:
            return
        answer = await self._hear(update.chat, text=update.text)
        await self._bring(update.chat, self._slowed(answer, over), turn)

    async def _command(self, update: Update, turn: Turn) -> None:
        over = self._crowd.over(update.chat)
        answer = await self._hear(update.chat, choice=update.choice)
        await self._bring(update.chat, self._slowed(answer, over), turn, way_out=update.choice in _WAYS_OUT)
        subject = update.text.strip()
        if update.choice == "/start" and is_subject(subject):  # a poster's link names a subject, never a person
            await self._bring(update.chat, await self._hear(update.chat, choice=payloads()[subject]), turn)
        elif update.text:
            await self._hear_danger(update)

    async def _press(self, update: Update, turn: Turn) -> None:
        self._aside(self._parts.line.settle(update.callback_id))
        payload = self._parts.buttons.press(update.chat, update.pressed)
        if payload == "":
            return
        if update.message_id:
            self._aside(self._parts.line.strip(update.chat, update.message_id))
        if payload is None:
            if not await self._admit(update.chat):
                await self._say(update.chat, (self._own("button_expired"),), urgent=True)
            return
        over = self._crowd.over(update.chat)
        answer = await self._hear(update.chat, choice=payload)
        await self._bring(update.chat, self._slowed(answer, over), turn, way_out=payload in _WAYS_OUT)

    async def _caption(self, update: Update, turn: Turn) -> None:
        await self._text(update, turn)
        await self._unread(update, turn)

    async def _aside_words(self, update: Update, turn: Turn) -> None:
        if not await self._hear_danger(update):
            await turn()
            await self._say(update.chat, (self._own(_ASIDES[update.kind]),))

    async def _unread(self, update: Update, turn: Turn) -> None:
        if update.album and not _first(self._albums, update.album):
            return
        await turn()
        await self._say(update.chat, (self._wording("utter_not_text"),))

    async def _elsewhere(self, update: Update, turn: Turn) -> None:
        if _first(self._left, update.chat):
            await self._parts.line.leave(update.chat)
            self._left.pop(update.chat, None)

    async def _blocked(self, update: Update, turn: Turn) -> None:
        """Who shuts the bot out has left: nothing is kept for them."""
        self._parts.buttons.forget(update.chat)
        self._parts.traces.gone(update.chat, self._parts.traces.take(update.chat))
        self._crowd.forget(update.chat)
        await self._parts.edge.forget(CHANNEL, str(update.chat))

    # -- hearing

    async def _hear(self, chat: int, *, text: str = "", choice: str | None = None) -> Answer:
        hearing = asyncio.ensure_future(self._parts.edge.hear(Incoming(CHANNEL, str(chat), text, choice)))
        try:
            return await self._while_typing(chat, hearing)
        except Exception as error:  # the edge answers whatever happens; should it not, this door does
            log.error("telegram.edge_failed", error=type(error))
            return self._despite(text or choice or "")
        finally:
            hearing.cancel()

    async def _while_typing(self, chat: int, hearing: asyncio.Future[Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self._parts.patience, FIRST_TYPING
        while not (await asyncio.wait({hearing}, timeout=pause))[0]:
            if loop.time() > end:
                raise TimeoutError
            self._aside(self._parts.line.type(chat))
            pause = min(NEXT_TYPING, max(0.1, end - loop.time()))
        return hearing.result()

    async def _hear_danger(self, update: Update) -> bool:
        """Words that are otherwise not read: the edge hears them when they are serious, and only then."""
        if self._parts.judge(update.text).reply_kind is ReplyKind.NORMAL:
            return False
        answer = await self._hear(update.chat, text=update.text)
        await self._say(update.chat, answer.replies, urgent=True, way_out=answer.topic)
        return True

    def _slowed(self, answer: Answer, over: int) -> Answer:
        """Too many in a minute: one line says so; never in place of a crisis answer, an erasure or a person."""
        serious = answer.reply_kind is not ReplyKind.NORMAL
        if over <= 0 or serious or answer.erased or answer.status is not None:
            return answer
        return replace(answer, replies=(self._wording("utter_slow_down"),) if over == 1 else ())

    def _despite(self, said: str) -> Answer:
        verdict = self._parts.judge(said)
        if verdict.reply_kind is ReplyKind.NORMAL and "utter_assistant_away" in self._parts.wording:
            return Answer((self._wording("utter_assistant_away"),))
        if verdict.reply_kind is ReplyKind.NORMAL:
            verdict = Verdict(Level.HIGH, ReplyKind.CRISIS)
        return Answer(self._safety.replies(verdict, CHANNEL, repeated=False), verdict.level, verdict.reply_kind)

    # -- saying

    async def _bring(self, chat: int, answer: Answer, turn: Turn, *, way_out: bool = False) -> None:
        serious = answer.reply_kind is not ReplyKind.NORMAL
        if not serious:
            await turn()
        if answer.erased:
            await self._erased(chat)
        shown = answer.topic if way_out or serious else None
        await self._say(chat, answer.replies, urgent=serious, way_out=shown)
        await self._admit(chat)

    async def _erased(self, chat: int) -> None:
        self._lost.discard(chat)
        await self.erase(chat)
        if self._parts.others is not None:
            self._aside(self._parts.others.forget(chat))

    def _may_have_lost(self, chat: int) -> bool:
        others = self._parts.others
        return others is not None and others.may_have_lost(chat) and self._parts.traces.stands(chat)

    async def _admit(self, chat: int) -> bool:
        """Says that what was said before may be gone, once, where the edge that knew it is."""
        if chat not in self._lost:
            return False
        self._lost.discard(chat)
        await self._say(chat, (self._own("lost"),), urgent=True)
        return True

    async def _say(
        self, chat: int, replies: Sequence[Reply], *, urgent: bool = False, way_out: str | None = None
    ) -> None:
        """*way_out*: under the last reply stands the way to the web chat, with this topic; None for no way."""
        for place, reply in enumerate(replies, start=1):
            last = place == len(replies)
            if not await self._send(chat, reply, urgent=urgent, way_out=way_out if last else None):
                return  # what comes after makes no sense without it

    async def _send(self, chat: int, reply: Reply, *, urgent: bool, way_out: str | None) -> bool:
        text = f"{self._words['from_desk']}\n{reply.text}" if reply.speaker == "desk" else reply.text
        parts = pieces(text)
        for place, piece in enumerate(parts, start=1):
            rows = self._rows(chat, reply.buttons, way_out) if place == len(parts) else []
            sent = await self._parts.line.send(chat, piece, rows, urgent=urgent)
            if sent is None:
                return False
            self._parts.traces.note(chat, sent)
        return True

    def _rows(self, chat: int, buttons: Sequence[Button], way_out: str | None) -> list[tuple[str, str]]:
        rows = self._parts.buttons.show(chat, buttons)
        web_chat = self._parts.web_chat_url
        if way_out is not None and web_chat.startswith("https://"):  # Telegram takes no other address in a button
            rows.append((self._words["web_chat"], self._parts.topics.address(web_chat, way_out)))
        return rows

    def _wording(self, name: str) -> Reply:
        try:
            return self._parts.wording.say(name, channel=CHANNEL)
        except SidedoorError:  # a sentence that is missing must not end in silence
            return self._own("button_expired")

    def _own(self, name: str) -> Reply:
        """Words of this channel's own file."""
        said = self._words[name]
        return Reply(said["text"], tuple(Button(button["title"], button["payload"]) for button in said["buttons"]))

    def _aside(self, work: Awaitable[None]) -> None:
        """Does *work* without waiting for it."""
        task = asyncio.ensure_future(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)


_HANDLERS: dict[Kind, Callable[[Talk, Update, Turn], Awaitable[None]]] = {
    Kind.TEXT: Talk._text,
    Kind.COMMAND: Talk._command,
    Kind.PRESS: Talk._press,
    Kind.CAPTION: Talk._caption,
    Kind.EDITED: Talk._aside_words,
    Kind.FORWARDED: Talk._aside_words,
    Kind.UNREAD: Talk._unread,
    Kind.ELSEWHERE: Talk._elsewhere,
    Kind.BLOCKED: Talk._blocked,
}


def words() -> dict[str, Any]:
    """What Telegram shows around the conversation; see the file."""
    loaded: dict[str, Any] = read_yaml(WORDS)
    return loaded


def _first(seen: OrderedDict[Any, None], key: Any) -> bool:
    """True the first time; remembers the last 500."""
    if key in seen:
        return False
    seen[key] = None
    while len(seen) > 500:
        seen.popitem(last=False)
    return True
