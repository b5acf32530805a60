"""
The officer's side of a handoff: offers it, asks for consent, tells the truth while waiting, passes lines, and ends it.

The edge calls these methods; none of them raises. Whatever breaks, the officer is told at once what to do now.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.errors import HandoffError, StoreError
from bot.handoff.courier import Courier, Push
from bot.handoff.escalation import OFFER_SECONDS, Clocks
from bot.handoff.mailbox import Mailbox
from bot.handoff.records import Case, Kind
from bot.handoff.states import HELD, TABLE, State
from bot.handoff.talk import Narrator, Talk
from bot.handoff.watch import Watch
from bot.logs import get_logger
from bot.privacy.pseudonyms import Pseudonym
from bot.settings import Settings
from bot.triage.levels import Level
from bot.wording import Reply, Wording

if TYPE_CHECKING:
    from bot.handoff.post import Post

log = get_logger(__name__)

OFFER_PATIENCE = 0.5  # an offer does not wait longer than this to learn whether somebody is there
LINE_TRIES = 2
SUMMARY_LIMIT = 600


class OfficerSide:
    """
    One per edge process. *told* is called when there is something for the people on duty.

    *push* brings what nobody asked for: replies, and the status of the handoff, which is ``{"state", "seconds",
    "tier", "sent", "delivered", "seen"}``. When it raises or returns ``False`` it is tried again, then given up, and
    the desk sees that the line did not arrive.
    """

    def __init__(
        self,
        settings: Settings,
        mailbox: Mailbox,
        wording: Wording,
        push: Push,
        *,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._mailbox = mailbox
        self._told = told
        self._line_limit = settings.message_limit
        tiers = mailbox.duty.seconds if settings.duty_file else settings.tier_seconds
        self._clocks = Clocks(tiers, settings.first_line_seconds, settings.desk_heartbeat_seconds)
        self._narrator = Narrator(wording, self._clocks)
        self._courier = Courier(push)
        self._talks: dict[Pseudonym, Talk] = {}
        self._edge = "edge-" + secrets.token_hex(8)
        self._watch = Watch(self._edge, mailbox, self._clocks, self._narrator, self._courier, self._talks, told)

    async def run(self) -> None:
        """Runs the clocks and brings the desk's lines until cancelled; the edge starts it once."""
        await self._watch.run()

    def phase(self, who: Pseudonym) -> str:
        """``none``, ``offered``, ``waiting`` (the assistant still speaks) or ``live`` (it is silent)."""
        talk = self._talks.get(who)
        return talk.phase(self._now()) if talk else "none"

    def status(self, who: Pseudonym) -> dict[str, Any] | None:
        """The state to show beside the conversation, or ``None`` when no person is called or there."""
        talk = self._talks.get(who)
        return talk.status(self._now()) if talk else None

    def heard(self, who: Pseudonym, level: Level) -> None:
        """The officer wrote something of this *level*; the desk's view of it only goes up."""
        if talk := self._talks.get(who):
            talk.level = max(talk.level, level)

    async def offer(self, who: Pseudonym, level: Level, channel: str) -> tuple[Reply, ...]:
        """
        What a person would see and never see, and whether anybody is there.

        Nothing is sent by this but the bare fact that someone thinks about it, so that the desk can find people.
        """
        self.heard(who, level)
        talk = self._talks.get(who)
        if talk and talk.case_id:
            return self._still(talk)
        self._forget_old_offers()
        self._talks[who] = talk = Talk(who, channel, level, self._now())
        self._watch.wake()
        return self._narrator.say(await self._kind_of_offer(), talk, self._now())

    async def choose(self, who: Pseudonym, choice: str, level: Level) -> tuple[Reply, ...] | None:
        """The answer to a choice that begins with ``/person_``; ``None`` for any other."""
        self.heard(who, level)
        if choice.startswith(("/person_words", "/person_note", "/person_plain")):
            return await self._about_summary(who, choice, level)
        if choice == "/person_yes":
            return await self._yes(who, level)
        if choice == "/person_no":
            return await self._no(who, level)
        if choice == "/person_leave":
            return await self.leave(who)
        return None

    def expects(self, who: Pseudonym) -> bool:
        """Whether the officer's next words are for the summary that a person would read first."""
        talk = self._talks.get(who)
        return talk is not None and talk.drafting and talk.phase(self._now()) == "offered"

    def draft(self, who: Pseudonym, text: str) -> tuple[Reply, ...]:
        """Takes *text* as the summary and shows it back; it is sent with the yes and not before."""
        talk = self._talks[who]
        words = text.strip()
        if len(words) > SUMMARY_LIMIT:
            return self._narrator.say("utter_handoff_words_too_long", talk, self._now())
        talk.drafting, talk.draft = False, words
        return self._narrator.say("utter_handoff_summary", talk, self._now())

    async def say(self, who: Pseudonym, text: str, level: Level) -> tuple[Reply, ...]:
        """Passes a line to the desk while a person is there; an empty answer means that it lies in the mailbox."""
        self.heard(who, level)
        talk = self._talks.get(who)
        if talk is None or talk.state not in HELD or not text.strip():
            return ()
        if len(text) > self._line_limit:
            return self._narrator.say("utter_handoff_too_long", talk, self._now())
        async with talk.turn:
            if await self._pass_on(talk, text):
                return ()
        return self._narrator.say("utter_handoff_not_delivered", talk, self._now())

    async def leave(self, who: Pseudonym) -> tuple[Reply, ...]:
        """The officer goes, at whatever point; the desk sees that and no more."""
        talk = self._talks.pop(who, None)
        if talk is None or not talk.case_id:
            talk = talk or Talk(who, "", Level.NONE, self._now())
            return self._narrator.say("utter_handoff_nothing_to_leave", talk, self._now(), speaker="assistant")
        await self._end(talk)
        talk.state = State.CANCELLED
        self._courier.show(who, talk.status(self._now()))  # so that the page stops counting
        return self._narrator.say("utter_handoff_cancelled", talk, self._now(), speaker="assistant")

    async def forget(self, who: Pseudonym) -> int:
        """Erases the handoff of *who*, in memory and in the mailbox; returns how many things are gone."""
        talk = self._talks.pop(who, None)
        if talk is None:
            return 0
        return 1 + await self._end(talk)

    # -- one step each

    async def _about_summary(self, who: Pseudonym, choice: str, level: Level) -> tuple[Reply, ...]:
        talk = self._talks.get(who)
        if talk is None or talk.phase(self._now()) != "offered" or talk.case_id:
            return await self.offer(who, level, talk.channel if talk else "") if talk is None else self._still(talk)
        name, _, value = choice.partition(":")
        if name == "/person_plain":
            talk.drafting, talk.draft = False, ""
            return await self._yes(who, level)
        if name == "/person_note" and (note := self._narrator.say(f"utter_handoff_note_{value}", talk, self._now())):
            return self.draft(who, note[0].text)
        talk.drafting, talk.draft = True, ""
        return self._narrator.say("utter_handoff_words", talk, self._now())

    async def _yes(self, who: Pseudonym, level: Level) -> tuple[Reply, ...]:
        talk = self._talks.get(who)
        if talk is None or talk.phase(self._now()) == "none":
            return await self.offer(who, level, talk.channel if talk else "")
        if talk.case_id:
            return self._still(talk)
        return await self._call(talk)

    async def _call(self, talk: Talk) -> tuple[Reply, ...]:
        """The officer has consented: the case goes to the desk."""
        now = self._now()
        talk.state, talk.case_id = State.CONSENTED, secrets.token_hex(16)
        talk.since = talk.noted = talk.pushed = now
        case_id = talk.case_id
        try:
            case = await self._mailbox.ask(lambda post: self._open(post, case_id, talk))
        except (StoreError, HandoffError):
            self._watch.end_later(case_id, State.CANCELLED)  # it may have been written after all
            replies = self._narrator.say("utter_handoff_broken", talk, now)
            talk.offer_again(now)
            return replies
        if self._talks.get(talk.who) is not talk:  # left, or erased, while it was being written
            self._watch.end_later(case_id, State.CANCELLED)
            return ()
        talk.case, talk.state, talk.alias, talk.since = case, case.state, case.alias, case.since
        log.info("handoff.opened", level=talk.level)
        self._watch.wake()
        self._told()
        return self._narrator.say(TABLE[State.CONSENTED].says, talk, now)

    def _open(self, post: Post, case_id: str, talk: Talk) -> Case:
        # first of all the sign of life, so that nobody takes the case for a dead edge's
        post.presence.beat(self._edge, Kind.EDGE, offers=self._watch.offers())
        case = post.queue.open(case_id, talk.alias, self._edge, talk.level, talk.draft)
        talk.draft, talk.drafting = "", False
        return case

    async def _no(self, who: Pseudonym, level: Level) -> tuple[Reply, ...]:
        talk = self._talks.get(who)
        if talk and talk.case_id:
            return self._still(talk) if talk.state in HELD else await self.leave(who)
        talk = self._talks.pop(who, None) or Talk(who, "", level, self._now())
        self._watch.beat_soon()
        return self._narrator.say("utter_handoff_declined", talk, self._now(), speaker="assistant")

    async def _pass_on(self, talk: Talk, text: str) -> bool:
        """Two tries under one id, so that a line that was written but not acknowledged is not there twice."""
        case_id, line_id = talk.case_id, secrets.token_hex(8)
        for _ in range(LINE_TRIES):
            try:
                await self._mailbox.ask(lambda post: post.relay.to_desk(case_id, line_id, text))
                return True
            except HandoffError:
                return False  # the person has just gone; the watch is about to say so
            except StoreError:
                continue
        return False

    async def _end(self, talk: Talk) -> int:
        self._courier.drop(talk.who)
        if not talk.case_id:
            return 0
        self._watch.mark()
        try:
            gone = await self._mailbox.ask(lambda post: post.queue.end(talk.case_id, State.CANCELLED))
            self._told()
            return gone
        except StoreError:
            self._watch.end_later(talk.case_id, State.CANCELLED)
            return 0

    async def _kind_of_offer(self) -> str:
        """Whether somebody is there is looked up before it is offered; nobody is sent to wait for an empty desk."""
        try:
            duty = await self._mailbox.ask(self._on_duty, within=OFFER_PATIENCE)
            self._told()
        except StoreError:
            return "utter_handoff_offer_unknown"
        return TABLE[State.OFFERED].says if duty else "utter_handoff_offer_nobody"

    def _on_duty(self, post: Post) -> int:
        post.presence.beat(self._edge, Kind.EDGE, offers=self._watch.offers())
        post.outbox.staffing(self._mailbox.duty.staffing)
        there = post.presence.on_duty(self._clocks.heartbeat)
        return sum(count for tier, count in there.items() if self._mailbox.duty.open(tier))

    def _still(self, talk: Talk) -> tuple[Reply, ...]:
        """Where things stand, for someone who asks again."""
        names = {State.LIVE: "utter_handoff_already_live", State.ACKNOWLEDGED: "utter_handoff_still_reading"}
        talk.noted = self._now()
        return self._narrator.say(names.get(talk.state, "utter_handoff_still_waiting"), talk, talk.noted)

    def _forget_old_offers(self) -> None:
        now = self._now()
        for who, talk in list(self._talks.items()):
            if not talk.case_id and now - talk.asked >= OFFER_SECONDS:
                del self._talks[who]

    def _now(self) -> float:
        return self._mailbox.clock()
