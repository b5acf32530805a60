"""
Says which cases wait, who holds which, and lets exactly one responder take one.

Every change is one guarded ``UPDATE``: it names what it saw, and does nothing when somebody was faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.crypto.sealing import pad, unpad
from bot.errors import CannotOpenError, HandoffError, NotYours, StoreError, UnknownCase, WrongState
from bot.handoff.aliases import new_alias
from bot.handoff.mailbox import Mailbox
from bot.handoff.outbox import WAITING, Outbox
from bot.handoff.presence import IDS_THERE, span
from bot.handoff.records import AHEAD_SECONDS, Case, Kind
from bot.handoff.states import ENDED, HELD, State, may
from bot.handoff.tables import cases, lines, outbox
from bot.triage.levels import Level

_NAMES_TRIED = 20
_ENDED = tuple(state.value for state in ENDED)
_HELD = tuple(state.value for state in HELD)
_ALL = sa.select(cases).order_by(cases.c.level.desc(), cases.c.since)
_OF_EDGE = sa.select(cases).where(cases.c.edge == sa.bindparam("edge"))
_STRANDED = sa.select(cases.c.id).where(cases.c.state.notin_(_ENDED), cases.c.edge.notin_(IDS_THERE))
_ONE = sa.select(cases).where(cases.c.id == sa.bindparam("case"))


class Queue:
    """The cases in a mailbox."""

    def __init__(self, mailbox: Mailbox, letters: Outbox | None = None) -> None:
        self._mailbox = mailbox
        self._letters = letters or Outbox(mailbox, outbox)

    def open(self, case_id: str, alias: str, edge: str, level: Level, summary: str = "") -> Case:
        """
        A new case, notifying tier 1; its name is another one when somebody bears *alias* already.

        The same *case_id* again is the same case: whoever was not told that it was written asks again.
        """
        now = self._mailbox.clock()
        row: dict[str, Any] = {"id": case_id, "edge": edge, "level": int(level)}
        row |= {"state": State.NOTIFYING.value, "tier": 1, "since": now, "entered": now}
        if summary:
            row["summary"] = self._seal(case_id, summary)
        with self._mailbox.writing() as db:
            if db.execute(sa.select(cases.c.id).where(cases.c.id == case_id)).first():
                return _one(db, case_id)
            taken = set(db.execute(sa.select(cases.c.alias)).scalars())
            for _ in range(_NAMES_TRIED):
                if alias not in taken:
                    break
                alias = new_alias()
            db.execute(cases.insert(), {**row, "alias": alias})
            self._call(db, case_id, 1, level)
            return _one(db, case_id)

    def summary(self, case: Case) -> str:
        """What the officer wanted the responder to know first; empty when they wanted nothing said."""
        if not case.summary:
            return ""
        try:
            return unpad(self._mailbox.sealer.open(case.summary, place=_place(case.id))).decode()
        except (CannotOpenError, UnicodeDecodeError):
            return ""

    def find(self, case_id: str) -> Case:
        """Raises ``UnknownCase`` when it was closed, erased or never existed."""
        with self._mailbox.reading() as db:
            return _one(db, case_id)

    def all(self) -> list[Case]:
        """The most severe first, then whoever has waited longest."""
        with self._mailbox.reading() as db:
            return [_case(row) for row in db.execute(_ALL).mappings()]

    def of_edge(self, edge: str) -> dict[str, Case]:
        """The cases that one edge process has opened, by id."""
        with self._mailbox.reading() as db:
            found = db.execute(_OF_EDGE, {"edge": edge}).mappings()
            return {row["id"]: _case(row) for row in found}

    def claim(self, case_id: str, responder: str) -> bool:
        """Takes the case if it still waits; of several responders at the same instant exactly one gets true."""
        free = sa.and_(cases.c.id == case_id, cases.c.state == State.NOTIFYING.value, cases.c.owner.is_(None))
        with self._mailbox.writing() as db:
            taken = self._change(db, free, state=State.ACKNOWLEDGED.value, owner=responder)
            if taken:
                self._letters.settle(db, case_id)
            return taken

    def move(self, seen: Case, to: State, tier: int | None = None, again: bool = False) -> bool:
        """
        One step by the clock from the state in *seen*; false when something happened meanwhile.

        *again* restarts the officer's wait. The owner is kept only where the new state is held by one.
        """
        if not may(seen.state, to):
            raise WrongState("the table of states knows no such step")
        values: dict[str, Any] = {"state": to.value, "tier": tier or seen.tier}
        values |= {} if to in HELD else {"owner": None}
        values |= {"since": self._mailbox.clock()} if again else {}
        with self._mailbox.writing() as db:
            moved = self._change(db, sa.and_(cases.c.id == seen.id, cases.c.moves == seen.moves), **values)
            if moved and to is State.NOTIFYING:
                self._call(db, seen.id, values["tier"], seen.level)
            elif moved and to in ENDED:
                self._letters.settle(db, seen.id)
            return moved

    def raise_level(self, case_id: str, level: Level) -> None:
        """The level of a case only ever goes up."""
        lower = sa.and_(cases.c.id == case_id, cases.c.level < int(level))
        with self._mailbox.writing() as db:
            db.execute(cases.update().where(lower).values(level=int(level)))

    def hand_over(self, case_id: str, responder: str, colleague: str) -> None:
        """Gives a case to *colleague*, whose clock for a first line starts now."""
        with self._mailbox.writing() as db:
            _held(db, case_id, responder)
            self._change(db, cases.c.id == case_id, state=State.ACKNOWLEDGED.value, owner=colleague)

    def give_back(self, case_id: str, responder: str) -> None:
        """Puts a case back in the queue, as if it had just come in."""
        with self._mailbox.writing() as db:
            level = _held(db, case_id, responder).level
            self._change(db, cases.c.id == case_id, **_back(self._mailbox.clock()))
            self._call(db, case_id, 1, level)

    def give_back_all(self, responder: str) -> int:
        """The same for everything that *responder* holds, who is leaving."""
        theirs = sa.and_(cases.c.owner == responder, cases.c.state.in_(_HELD))
        with self._mailbox.writing() as db:
            held = list(db.execute(sa.select(cases.c.id, cases.c.level).where(theirs)))
            for case_id, level in held:
                self._change(db, cases.c.id == case_id, **_back(self._mailbox.clock()))
                self._call(db, case_id, 1, Level(level))
            return len(held)

    def close(self, case_id: str, responder: str, outcome: str) -> None:
        """The responder ends it: lines that wait for the desk go at once, lines for the officer are still brought."""
        with self._mailbox.writing() as db:
            _held(db, case_id, responder)
            db.execute(lines.delete().where(lines.c.case_id == case_id, lines.c.side == "desk"))
            self._change(db, cases.c.id == case_id, state=State.CLOSED.value, outcome=outcome, summary=None)

    def end(self, case_id: str, state: State) -> int:
        """
        The officer's side ends it: every line is deleted, a bare mark stays for the desk, except after ``RETURNED``.

        Returns the number of rows that are gone.
        """
        with self._mailbox.writing() as db:
            gone = self._end(db, case_id, state)
        self._wipe()
        return gone

    def sweep(self, mark_seconds: float) -> int:
        """Deletes marks older than *mark_seconds*, and whatever a reboot has left behind."""
        now = self._mailbox.clock()
        old = sa.and_(cases.c.state.in_(_ENDED), cases.c.entered < now - mark_seconds)
        stale = sa.select(cases.c.id).where(sa.or_(old, cases.c.entered > now + AHEAD_SECONDS))
        with self._mailbox.reading() as db:
            if db.execute(stale).first() is None:
                return 0  # a write that changes nothing would wake everybody
        with self._mailbox.writing() as db:
            gone = list(db.execute(stale).scalars())
            db.execute(lines.delete().where(lines.c.case_id.in_(gone)))
            db.execute(cases.delete().where(cases.c.id.in_(gone)))
        self._wipe()
        return len(gone)

    def strand(self, silent: float) -> int:
        """Marks the cases of every edge without a sign for *silent* seconds: whoever wrote there is out of reach."""
        with self._mailbox.reading() as db:
            if not self._stranded(db, silent):
                return 0
        with self._mailbox.writing() as db:
            lost = self._stranded(db, silent)  # once more, now that nobody else can write: it may have given a sign
            for case_id in lost:
                self._end(db, case_id, State.OFFICER_LOST)
        self._wipe()
        return len(lost)

    def sweep_letters(self) -> None:
        """Forgets what was told for cases that are gone."""
        self._letters.sweep(lambda _: sa.select(cases.c.id))

    def _call(self, db: Connection, case_id: str, tier: int, level: Level) -> None:
        """Everybody of the tier is told at once."""
        told = [endpoint.name for endpoint in self._mailbox.duty.endpoints_of(tier)]
        self._letters.put(db, WAITING, told, case_id=case_id, level=level.label)

    def _seal(self, case_id: str, summary: str) -> bytes:
        return self._mailbox.sealer.seal(pad(summary.encode("utf-8", "replace"), 256), place=_place(case_id))

    def _change(self, db: Connection, where: Any, **values: Any) -> bool:
        changes = {"entered": self._mailbox.clock(), "moves": cases.c.moves + 1, **values}
        return bool(db.execute(cases.update().where(where).values(**changes)).rowcount)

    def _stranded(self, db: Connection, silent: float) -> list[str]:
        return list(db.execute(_STRANDED, span(Kind.EDGE, self._mailbox.clock(), silent)).scalars())

    def _end(self, db: Connection, case_id: str, state: State) -> int:
        gone = int(db.execute(lines.delete().where(lines.c.case_id == case_id)).rowcount)
        self._letters.settle(db, case_id)
        if state is State.RETURNED:
            return gone + int(db.execute(cases.delete().where(cases.c.id == case_id)).rowcount)
        return gone + self._change(db, cases.c.id == case_id, state=state.value, outcome=None, summary=None)

    def _wipe(self) -> None:
        try:
            self._mailbox.wipe()
        except StoreError:
            return  # the rows are gone; the log is emptied by the next one


def held_by(db: Connection, case_id: str, responder: str) -> Case:
    """The case, if *responder* holds it; raises ``UnknownCase``, ``WrongState`` or ``NotYours``."""
    case = _one(db, case_id)
    if case.owner != responder and case.state not in ENDED:
        raise NotYours("another responder holds the case, or nobody does yet")
    if case.state not in HELD:
        raise WrongState("the case is over")
    return case


_held = held_by


def _place(case_id: str) -> str:
    return f"mailbox/{case_id}/summary"


def _back(now: float) -> Mapping[str, Any]:
    return {"state": State.NOTIFYING.value, "tier": 1, "owner": None, "since": now}


def _one(db: Connection, case_id: str) -> Case:
    row = db.execute(_ONE, {"case": case_id}).mappings().first()
    if row is None:
        raise UnknownCase("the case was closed, erased or never existed")
    return _case(row)


def _case(row: Mapping[str, Any]) -> Case:
    try:
        return Case(**{**row, "state": State(row["state"]), "level": Level(row["level"])})
    except ValueError:
        raise HandoffError("a case in the mailbox has an unknown state or level") from None
