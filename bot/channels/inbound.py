"""
Takes one message the whole way and brings back the answer; every channel goes through here and none around it.

Triage comes first and alone. A crisis is answered from memory: no key, no database, no Rasa lies on that path.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.channels.commands import Commands, as_choice, without_slash
from bot.channels.holdings import Holdings
from bot.channels.topics import CRISIS, is_subject
from bot.channels.walks import Walk, Walked, Walks
from bot.errors import AssistantUnavailable
from bot.logs import get_logger
from bot.privacy.pseudonyms import Pseudonym
from bot.triage.levels import Level, ReplyKind, Subject, Verdict
from bot.triage.state import DistressState
from bot.wiring import EdgeParts
from bot.wording import Reply

log = get_logger(__name__)

NO = "check_in.no"
MOVES = frozenset({"telegram"})  # where an officer is offered another channel

Push = Callable[[str, Sequence[Reply], dict[str, Any] | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as a channel hands it over. ``sender`` is the channel's own id; ``choice`` a button's payload."""

    channel: str
    sender: str = field(repr=False)
    text: str = field(default="", repr=False)
    choice: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What goes back. ``level`` is the level in force, ``ms`` the time the edge took, ``status`` the state of a handoff
    (``{"state", "seconds", "tier"}``), ``erased`` tells the channel to drop what it holds of this conversation too.
    ``topic`` is the subject that an officer may carry to another channel, see ``topics``.
    """

    replies: tuple[Reply, ...]
    level: Level = Level.NONE
    reply_kind: ReplyKind = ReplyKind.NORMAL
    ms: float = 0.0
    status: dict[str, Any] | None = None
    erased: bool = False
    topic: str = ""


@dataclass(slots=True)
class Conversation:
    """What the edge remembers of one conversation, in memory only: levels, flags and points, no words."""

    distress: DistressState
    introduced: bool = False
    alarmed: set[Subject] = field(default_factory=set)
    last_heard: float = 0.0
    started: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    walk: Walk = field(default_factory=Walk)
    topic: str = ""


class Edge:
    """The officer's side of the service. Its methods never raise: whatever breaks, there is an answer."""

    def __init__(self, parts: EdgeParts, commands: Commands | None = None) -> None:
        self._parts = parts
        self._commands = commands or Commands.load()
        self._walks = Walks(parts.wording)
        self._holdings = Holdings(parts)
        self._conversations: dict[Pseudonym, Conversation] = {}
        self._pushes: dict[str, Push] = {}
        self._to_forget: set[Pseudonym] = set()

    # -- what a channel calls

    def subscribe(self, channel: str, push: Push) -> None:
        """*push* brings replies that nobody asked for, a responder's lines say, to a sender of *channel*."""
        self._pushes[channel] = push

    def open(self, channel: str, sender: str) -> Answer:
        """The first words, before anything is told: what this is, what it keeps, what it cannot do."""
        conversation = self._conversation(self._who(channel, sender))
        conversation.introduced = True
        return Answer((self._say("utter_first_contact", channel),), conversation.distress.level)

    def back(self, channel: str, sender: str) -> Answer:
        """For an officer who came back with a code: the numbers again if they were shown, and how things stand."""
        who = self._who(channel, sender)
        conversation = self._conversation(who)
        conversation.introduced = True
        level, status = conversation.distress.level, self._parts.person.status(who)
        welcome = self._say("utter_welcome_back", channel)
        if not conversation.alarmed:
            return Answer((welcome,), level, status=status)
        numbers = self._parts.safety.replies(Verdict(level, ReplyKind.CRISIS), channel, repeated=True)
        return Answer((*numbers, welcome), level, ReplyKind.CRISIS, status=status)

    async def hear(self, incoming: Incoming) -> Answer:
        """The answer to one message."""
        started = time.perf_counter()
        verdict = None
        try:
            who = self._who(incoming.channel, incoming.sender)
            conversation = self._conversation(who)
            choice = self._choice(incoming)
            verdict = self._judge(conversation, incoming.text, choice)
            answer = await self._answer(incoming, who, conversation, verdict, choice)
            answer = replace(answer, topic="" if answer.erased else conversation.topic)
        except Exception as error:  # the edge is the last one who can answer
            log.error("edge.broken", error=type(error))
            answer = self._despite(incoming, verdict or self._parts.triage.judge(incoming.text))
        return _timed(answer, started)

    async def forget(self, channel: str, sender: str) -> Answer:
        """Erases everything about this sender, in every store, and says what was erased."""
        started = time.perf_counter()
        return _timed(await self._forget(channel, sender), started)

    async def push(self, who: Pseudonym, replies: Sequence[Reply], status: dict[str, Any] | None) -> bool:
        """Brings *replies* to whoever *who* is; False when that is no longer known or they cannot be reached."""
        self._overhear(who, replies)
        found = self._parts.address_book.find(who)
        if found is None or found[0] not in self._pushes:
            return False
        try:
            await self._pushes[found[0]](found[1], replies, status)
        except Exception as error:
            log.warning("edge.push_failed", error=type(error))
            return False
        return True

    def _overhear(self, who: Pseudonym, replies: Sequence[Reply]) -> None:
        """A responder who asks about suicide has put the question: a bare yes then answers it and raises the level."""
        for reply in replies:
            if reply.speaker == "desk" and who in self._conversations and "?" in reply.text:
                verdict = self._parts.triage.judge(reply.text)
                if verdict.reply_kind is not ReplyKind.NORMAL:
                    self._conversations[who].distress.expect_check_in(verdict.subject)

    # -- the way of a message

    def _choice(self, incoming: Incoming) -> str | None:
        if incoming.choice is not None:
            return as_choice(incoming.choice)
        return self._commands.choice_in(incoming.text)

    def _judge(self, conversation: Conversation, text: str, choice: str | None) -> Verdict:
        if choice is None:
            return conversation.distress.hear(text, self._parts.triage)
        return conversation.distress.answer(choice) or Verdict(conversation.distress.level)

    async def _answer(
        self, incoming: Incoming, who: Pseudonym, conversation: Conversation, verdict: Verdict, choice: str | None
    ) -> Answer:
        self._parts.person.heard(who, verdict.level)
        if self._parts.person.phase(who) != "none":  # whoever waits for a person, or talks to one, has to be reached
            self._parts.address_book.remember(who, incoming.channel, incoming.sender)
        if self._parts.person.phase(who) == "live" and choice is None:
            replies = await self._parts.person.say(who, incoming.text, verdict.level)
            return Answer(replies, verdict.level, verdict.reply_kind, status=self._parts.person.status(who))
        if verdict.reply_kind is not ReplyKind.NORMAL:
            return self._safety(incoming, who, conversation, verdict)
        if NO in verdict.rules:  # a typed no is answered like the button: the door stays open
            choice = "/check_in_no"
        self._parts.address_book.remember(who, incoming.channel, incoming.sender)
        async with conversation.turn:
            answer = await self._converse(incoming, who, verdict, choice)
        return self._introduced(answer, incoming.channel, conversation)

    def _safety(self, incoming: Incoming, who: Pseudonym, conversation: Conversation, verdict: Verdict) -> Answer:
        repeated = verdict.subject in conversation.alarmed
        replies = self._parts.safety.replies(verdict, incoming.channel, repeated=repeated)
        if verdict.reply_kind is ReplyKind.CRISIS:
            conversation.alarmed.add(verdict.subject)
            self._speak_of(CRISIS, incoming.channel, conversation)
        conversation.walk.leave()
        if incoming.choice is None and self._parts.person.expects(who):  # what they write for a person is not lost
            replies += self._parts.person.draft(who, incoming.text)
        answer = Answer(replies, verdict.level, verdict.reply_kind, status=self._parts.person.status(who))
        return self._introduced(answer, incoming.channel, conversation)

    async def _converse(self, incoming: Incoming, who: Pseudonym, verdict: Verdict, choice: str | None) -> Answer:
        channel, level = incoming.channel, verdict.level
        walk = self._conversation(who).walk
        if choice is None and incoming.text.strip() and (taken := await self._awaited(incoming, who)):
            return Answer(taken, level, status=self._parts.person.status(who))
        choice = choice or self._walks.typed(walk, incoming.text)
        if choice == "/forget":
            return await self._forget(channel, incoming.sender)
        if choice == "/held":
            return await self._held(incoming, who, level)
        if choice == "/start":
            return Answer((self._say("utter_first_contact", channel),), level)
        if choice == "/stop":
            choice = "/person_leave" if self._parts.person.phase(who) in ("waiting", "live") else "/stop_pause"
        if choice == "/person":
            offer = await self._parts.person.offer(who, level, channel)
            return Answer(offer, level, status=self._parts.person.status(who))
        if choice is None and not incoming.text.strip():
            return Answer((self._say("utter_unreadable", channel),), level)
        if len(incoming.text) > self._parts.message_limit:
            return Answer((self._say("utter_too_long", channel),), level)
        if choice is not None:
            replies = await self._parts.person.choose(who, choice, level)
            if replies is not None:
                return Answer(replies, level, status=self._parts.person.status(who))
            if self._parts.referral and (referred := await self._parts.referral.choose(who, choice, channel)):
                return Answer(referred, level)
            walked = self._walks.go(walk, choice, level, channel)
            if walked is not None:
                return self._walked(walked, channel, who, level)
        return await self._ask_assistant(incoming, who, level, choice)

    async def _ask_assistant(self, incoming: Incoming, who: Pseudonym, level: Level, choice: str | None) -> Answer:
        parts = self._parts
        try:
            async with asyncio.timeout(parts.patience):
                redacted = await parts.redact(without_slash(incoming.text))
            said = await parts.assistant.reply(who, redacted, level, choice=choice, timeout=parts.patience)
        except (AssistantUnavailable, TimeoutError):
            return self._without_assistant(incoming.channel, level, choice)
        replies = said.replies
        if is_subject(said.subject):
            self._speak_of(said.subject, incoming.channel, self._conversation(who))
        if "forget" in said.signals:
            return await self._forget(incoming.channel, incoming.sender)
        if "held" in said.signals:
            return await self._held(incoming, who, level)
        if "check_in" in said.signals:
            return self._ask_directly(incoming.channel, who)
        if "referral" in said.signals and parts.referral:
            replies += await parts.referral.begin(incoming.channel)
        if "offer_person" in said.signals:
            replies += await parts.person.offer(who, level, incoming.channel)
        if not replies:
            return self._without_assistant(incoming.channel, level, choice)
        return Answer(replies, level, status=parts.person.status(who))

    async def _awaited(self, incoming: Incoming, who: Pseudonym) -> tuple[Reply, ...]:
        """The answer to words that the edge itself has asked for; they are not for the assistant."""
        if self._parts.person.expects(who):
            return self._parts.person.draft(who, incoming.text)
        referral = self._parts.referral
        return await referral.hear(who, incoming.text, incoming.channel) if referral and referral.expects(who) else ()

    def _walked(self, walked: Walked, channel: str, who: Pseudonym, level: Level) -> Answer:
        """The next step; a result that is heavy is followed by the question, and that decides from there on."""
        if not walked.ask_directly:
            return Answer(walked.replies, level, status=self._parts.person.status(who))
        asked = self._ask_directly(channel, who)
        return Answer((*walked.replies, *asked.replies), asked.level, asked.reply_kind)

    def _ask_directly(self, channel: str, who: Pseudonym) -> Answer:
        """The assistant understood what triage did not find: the question is put, and its answer decides."""
        distress = self._conversation(who).distress
        distress.expect_check_in()
        verdict = Verdict(max(distress.level, Level.MODERATE), ReplyKind.CHECK_IN)
        return Answer(self._parts.safety.replies(verdict, channel, repeated=False), verdict.level, ReplyKind.CHECK_IN)

    def _despite(self, incoming: Incoming, verdict: Verdict) -> Answer:
        """What can be said when a part of the edge itself has failed; needs the wording only."""
        if verdict.reply_kind is ReplyKind.NORMAL:
            return self._without_assistant(incoming.channel, verdict.level, None)
        replies = self._parts.safety.replies(verdict, incoming.channel, repeated=False)
        return Answer(replies, verdict.level, verdict.reply_kind)

    def _without_assistant(self, channel: str, level: Level, choice: str | None) -> Answer:
        """The honest line; after a “no” to the check-in, and for the static answers, the reviewed text itself."""
        name = "utter_" + choice.lstrip("/").partition(":")[0] if choice else "utter_assistant_away"
        if name not in self._parts.wording or "{" in self._parts.wording.say(name).text:
            name = "utter_assistant_away"
        return Answer((self._say(name, channel),), level)

    async def _held(self, incoming: Incoming, who: Pseudonym, level: Level) -> Answer:
        names = (who, *(name for name in self._names(incoming.channel, incoming.sender) if name != who))
        checking = bool(self._conversation(who).walk.check)
        told = await self._holdings.told(incoming.channel, names, checking=checking)
        return Answer((told,), level, status=self._parts.person.status(who))

    async def _forget(self, channel: str, sender: str) -> Answer:
        names = self._names(channel, sender)
        remembered = [self._conversations.pop(who, None) for who in names]
        told, reached = await self._holdings.erase(channel, names, in_memory=any(remembered))
        if not reached:
            self._to_forget.update(names)  # kept until the assistant is back; its own sweep erases it at the latest
        return Answer((told,), erased=True)

    # -- memory

    def _speak_of(self, topic: str, channel: str, conversation: Conversation) -> None:
        """Remembers the subject where there is a way to carry it on; a crisis stays one while the level is high."""
        if channel in MOVES and not (conversation.topic == CRISIS and conversation.distress.level >= Level.HIGH):
            conversation.topic = topic

    async def sweep(self, idle: float, lifetime: float) -> None:
        """Forgets conversations idle for *idle* seconds or *lifetime* seconds old, and retries pending erasures."""
        now = self._parts.clock()
        for who, conversation in list(self._conversations.items()):
            if now - conversation.last_heard > idle or now - conversation.started > lifetime:
                del self._conversations[who]
                await self._parts.person.forget(who)
                if self._parts.referral:
                    self._parts.referral.forget(who)
        self._parts.address_book.sweep()
        for who in list(self._to_forget):
            try:
                await self._parts.assistant.forget(who)
            except AssistantUnavailable:
                return
            self._to_forget.discard(who)

    def _who(self, channel: str, sender: str) -> Pseudonym:
        """A conversation under way keeps its pseudonym when the key is rotated."""
        return self._parts.pseudonyms.of(channel, sender, known=lambda who: who in self._conversations)

    def _names(self, channel: str, sender: str) -> tuple[Pseudonym, ...]:
        """Under every live key: an edge that was started anew after a rotation knows only the newest."""
        return self._parts.pseudonyms.all_of(channel, sender)

    def _conversation(self, who: Pseudonym) -> Conversation:
        now = self._parts.clock()
        if who not in self._conversations:
            self._conversations[who] = Conversation(DistressState(), started=now)
        conversation = self._conversations[who]
        conversation.last_heard = now
        return conversation

    def _introduced(self, answer: Answer, channel: str, conversation: Conversation) -> Answer:
        """An officer who was never told what this is, is told now: before an ordinary answer, after the numbers."""
        if conversation.introduced or answer.erased:
            return answer
        conversation.introduced = True
        first = self._say("utter_first_contact", channel)
        if answer.replies and answer.replies[0] == first:
            return answer
        replies = (first, *answer.replies) if answer.reply_kind is ReplyKind.NORMAL else (*answer.replies, first)
        return Answer(replies, answer.level, answer.reply_kind, answer.ms, answer.status)

    def _say(self, name: str, channel: str) -> Reply:
        return self._parts.wording.say(name, channel=channel)


def _timed(answer: Answer, started: float) -> Answer:
    ms = (time.perf_counter() - started) * 1000
    return replace(answer, ms=round(ms, 2))
