"""
Watches the mailbox for one edge: moves the clocks, tells each officer what has changed, and brings the desk's lines.

It never lets a fault out. A mailbox that fails for three seconds means that nobody can come: officers are told so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bot.errors import StoreError
from bot.handoff.courier import Courier
from bot.handoff.escalation import EDGE_BEAT, EDGE_SILENT, LONGEST_WAIT, MARK_SECONDS, ON_THE_WAY, Clocks, Step
from bot.handoff.mailbox import Mailbox
from bot.handoff.records import Case, Kind, Line, Progress, Side, Sign, count_on_duty
from bot.handoff.states import ENDED, HELD, State
from bot.handoff.talk import Narrator, Talk
from bot.logs import get_logger
from bot.privacy.pseudonyms import Pseudonym
from bot.triage.levels import Level
from bot.wording import Reply

if TYPE_CHECKING:
    from bot.handoff.post import Post

log = get_logger(__name__)

POLL_SECONDS = 0.25  # between looks by the clock; a mailbox that was written into wakes the watch at once
HEAD_START = 2.0
SLOW_SECONDS = 0.5  # between looks when nobody waits, or when the mailbox fails
READ_SECONDS = 1.0  # how old a view may get when nothing seems to have changed
BROKEN_SECONDS = 3.0
NOTE_SECONDS = 30.0
STATUS_SECONDS = {True: 1.0, False: 5.0}  # while waiting; while live


@dataclass(frozen=True, slots=True)
class View:
    """What the mailbox holds for this edge at one moment."""

    cases: dict[str, Case] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)
    responders: dict[str, Sign] = field(default_factory=dict)


class Watch:
    """The background half of ``OfficerSide``; the two share *talks*."""

    def __init__(
        self,
        edge: str,
        mailbox: Mailbox,
        clocks: Clocks,
        narrator: Narrator,
        courier: Courier,
        talks: dict[Pseudonym, Talk],
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._told = told
        self._edge = edge
        self._mailbox = mailbox
        self._clocks = clocks
        self._narrator = narrator
        self._courier = courier
        self._talks = talks
        self._awake = asyncio.Event()
        self._news = asyncio.Event()  # look again now, not when it is time
        self._to_end: dict[str, State] = {}
        self._view = View()
        self._version = -1
        self._read = self._beaten = self._swept = float("-inf")
        self._marks_until = float("-inf")
        self._failing: float | None = None

    def wake(self) -> None:
        """There is a case to watch."""
        self._awake.set()

    def offers(self) -> int:
        """How many officers have been offered a person and have not said yes or no."""
        now = self._mailbox.clock()
        return sum(talk.state is State.OFFERED and talk.phase(now) == "offered" for talk in self._talks.values())

    def beat_soon(self) -> None:
        """The number of offers has changed."""
        self._beaten = float("-inf")

    def end_later(self, case_id: str, state: State) -> None:
        """The case could not be ended just now; it is tried until it works."""
        self._to_end[case_id] = state
        self._awake.set()

    def mark(self) -> None:
        """A case has ended, so there is a mark to sweep in a while."""
        self._marks_until = self._mailbox.clock() + MARK_SECONDS + 2 * EDGE_BEAT
        self._awake.set()

    async def run(self) -> None:
        """Watches until cancelled."""
        try:
            with contextlib.suppress(TimeoutError):  # an edge that starts has better things to do first
                async with asyncio.timeout(HEAD_START):
                    await self._awake.wait()
            while True:
                self._news.clear()
                await self.round()
                if not self._busy() and not self.offers() and self._mailbox.clock() > self._marks_until:
                    self._awake.clear()
                    self._mailbox.stop_listening()
                await self._rest()
                await self._awake.wait()
        finally:
            self._mailbox.stop_listening()
            self._farewell()

    async def _rest(self) -> None:
        """Until there is news, or it is time to look; a mailbox that fails, or that nobody waits for, wakes nobody."""
        if not self._busy() or self._failing is not None:
            await asyncio.sleep(SLOW_SECONDS)
            return
        self._mailbox.listen(self._news.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._news.wait()

    async def round(self) -> None:
        """One look at the mailbox, and everything that follows from it."""
        now = self._mailbox.clock()
        try:
            await self._keep_alive(now)
            await self._look(now)
            if await self._tick(now):
                await self._look(now)
            self._failing = None
        except Exception as error:
            self._fault(now, error)
        for talk in self._with_case():
            self._note(talk, now)
            self._show(talk, now)

    # -- the mailbox

    async def _keep_alive(self, now: float) -> None:
        for case_id, state in list(self._to_end.items()):
            await self._mailbox.ask(partial(_end, case_id=case_id, state=state))
            self._told()
            del self._to_end[case_id]
        if now - self._beaten >= EDGE_BEAT:
            await self._mailbox.ask(self._beat)
            self._beaten = now

    def _beat(self, post: Post) -> None:
        post.presence.beat(self._edge, Kind.EDGE, offers=self.offers())
        post.queue.strand(EDGE_SILENT)
        post.queue.sweep(MARK_SECONDS)
        post.queue.sweep_letters()

    async def _look(self, now: float) -> None:
        wanted = {talk.case_id: talk.brought for talk in self._with_case()}
        known = self._version if now - self._read < READ_SECONDS else None
        found = await self._mailbox.ask(lambda post: self._read_new(post, wanted, known))
        if found is None:
            return
        (self._version, self._view), self._read = found, now
        for talk in self._with_case():
            if talk.case_id in wanted:
                self._follow(talk, now)

    def _read_new(self, post: Post, wanted: dict[str, int], known: int | None) -> tuple[int, View] | None:
        """What there is now and its number, if that is not the one that is *known*."""
        version = self._mailbox.version()  # before the reading: what comes in between is then read once more
        if version == known:
            return None
        with self._mailbox.reading():
            return version, self._read_all(post, wanted)

    def _read_all(self, post: Post, wanted: dict[str, int]) -> View:
        found = post.queue.of_edge(self._edge)
        cases = {case_id: found[case_id] for case_id in wanted if case_id in found}
        held = {case_id: case for case_id, case in cases.items() if case.state in HELD or case.state is State.CLOSED}
        return View(
            cases,
            {case_id: post.relay.waiting(case_id, Side.OFFICER, after=wanted[case_id]) for case_id in held},
            {case_id: post.relay.progress(case, Side.DESK) for case_id, case in held.items()},
            post.presence.there(Kind.RESPONDER, self._clocks.heartbeat),
        )

    async def _tick(self, now: float) -> bool:
        """Takes the steps that are due; true when there was one."""
        duty = self._mailbox.duty.reached(count_on_duty(self._view.responders))
        moved = False
        for talk in self._with_case():
            case = talk.case
            if case is None or case.state in ENDED:
                continue
            sign = self._view.responders.get(case.owner or "")
            step = self._clocks.due(case, now, on_duty=duty, desk_seen=sign.seen if sign else None)
            if step:
                await self._mailbox.ask(partial(_move, case=case, step=step))
                self._read, moved = float("-inf"), True
                self._told()
            if talk.level > case.level:
                await self._mailbox.ask(partial(_raise_level, case_id=case.id, level=talk.level))
            await self._confirm(talk)
        return moved

    async def _confirm(self, talk: Talk) -> None:
        case_id, arrived = talk.case_id, talk.arrived
        if arrived > talk.confirmed:
            await self._mailbox.ask(lambda post: post.relay.delivered(case_id, Side.OFFICER, arrived))
            talk.confirmed = arrived
        while talk.failed:
            await self._mailbox.ask(partial(_failed, case_id=case_id, seq=talk.failed[0]))
            del talk.failed[0]

    # -- the officer

    def _follow(self, talk: Talk, now: float) -> None:
        """Tells the officer of *talk* what is new in the view."""
        case = self._view.cases.get(talk.case_id)
        if case is None or case.state is State.OFFICER_LOST:
            self._broken(talk, now)
            return
        progress = self._view.progress.get(talk.case_id, talk.progress)
        if progress != talk.progress:  # a line arrived or was read: the officer sees that now
            talk.progress, talk.pushed = progress, 0.0
        new_lines = self._view.lines.get(talk.case_id, [])
        if case.state is State.CLOSED:
            self._bring_lines(talk, new_lines, now)
        self._step(talk, case, now)
        if case.state is not State.CLOSED:
            self._bring_lines(talk, new_lines, now)
        if case.state in ENDED or case.state is State.CLOSED:
            self._over(talk, case.state, now)

    def _step(self, talk: Talk, case: Case, now: float) -> None:
        before, talk.case = talk.case, case
        was = before.state if before else State.NOTIFYING
        if before and (was, before.tier, before.owner) == (case.state, case.tier, case.owner):
            return
        talk.state, talk.alias = case.state, case.alias
        talk.since = case.entered if case.state in (State.LIVE, State.DESK_LOST) else case.since
        talk.slow = talk.slow and case.state is State.ACKNOWLEDGED
        log.info("handoff.step", state=case.state, tier=case.tier)
        if before:
            self._tell(talk, self._narrator.step(was, case, talk, now), now)

    def _tell(self, talk: Talk, replies: tuple[Reply, ...], now: float) -> None:
        talk.noted = talk.pushed = now
        self._courier.bring(talk.who, replies, talk.status(now))

    def _bring_lines(self, talk: Talk, new: list[Line], now: float) -> None:
        for line in new:
            if line.seq > talk.brought:
                talk.brought = line.seq
                said = (Reply(line.text, speaker="desk"),)
                self._courier.bring(talk.who, said, talk.status(now), partial(self._arrived, talk, line.seq))

    def _arrived(self, talk: Talk, seq: int, arrived: bool) -> None:
        if arrived:
            talk.arrived = max(talk.arrived, seq)
        else:
            talk.failed.append(seq)
        self._news.set()  # the desk is told now

    def _over(self, talk: Talk, state: State, now: float) -> None:
        """The words go now, in the next round at the latest; after a failure to find anybody the offer stands again."""
        self.end_later(talk.case_id, State.RETURNED if state is State.CLOSED else state)
        self.mark()
        talk.offer_again(now)
        if state is not State.NOBODY_AVAILABLE:
            self._talks.pop(talk.who, None)

    def _fault(self, now: float, error: Exception) -> None:
        if not isinstance(error, StoreError):
            log.error("handoff.watch_failed", error=error)
        self._failing = now if self._failing is None else self._failing
        if now - self._failing >= BROKEN_SECONDS:
            for talk in list(self._with_case()):
                self._broken(talk, now)

    def _broken(self, talk: Talk, now: float) -> None:
        """The desk cannot be reached: said at once, with what to do now."""
        self.end_later(talk.case_id, State.CANCELLED)
        talk.state = State.NOBODY_AVAILABLE
        self._tell(talk, self._narrator.say("utter_handoff_broken", talk, now), now)
        talk.offer_again(now)
        self.mark()

    def _note(self, talk: Talk, now: float) -> None:
        """A text at least every 30 s while somebody waits, and the truth at 120 s even if somebody has picked up."""
        waiting = talk.state in (State.NOTIFYING, State.DESK_LOST)
        reading = talk.state is State.ACKNOWLEDGED
        if reading and not talk.slow and now - talk.since >= LONGEST_WAIT - ON_THE_WAY:
            talk.slow = True
            self._tell(talk, self._narrator.say("utter_handoff_slow", talk, now), now)
        elif (waiting or reading) and now - talk.noted >= NOTE_SECONDS:
            name = "utter_handoff_still_waiting" if waiting else "utter_handoff_still_reading"
            self._tell(talk, self._narrator.say(name, talk, now), now)

    def _show(self, talk: Talk, now: float) -> None:
        if now - talk.pushed >= STATUS_SECONDS[talk.state is not State.LIVE]:
            talk.pushed = now
            self._courier.show(talk.who, talk.status(now))

    def _with_case(self) -> Iterator[Talk]:
        return iter([talk for talk in self._talks.values() if talk.case])

    def _busy(self) -> bool:
        return bool(self._to_end) or any(talk.case for talk in self._talks.values())

    def _farewell(self) -> None:
        """An edge that stops in good order tells the desk so, because nobody can write from there any more."""
        self._courier.stop()
        try:
            for talk in list(self._with_case()):
                self._mailbox.post.queue.end(talk.case_id, State.OFFICER_LOST)
            self._mailbox.post.presence.gone(self._edge)
        except StoreError:
            return  # the desk sees within seconds that this edge gives no sign of life


def _end(post: Post, case_id: str, state: State) -> None:
    post.queue.end(case_id, state)


def _move(post: Post, case: Case, step: Step) -> None:
    post.queue.move(case, step.to, step.tier, step.again)


def _raise_level(post: Post, case_id: str, level: Level) -> None:
    post.queue.raise_level(case_id, level)


def _failed(post: Post, case_id: str, seq: int) -> None:
    post.relay.failed(case_id, seq)
