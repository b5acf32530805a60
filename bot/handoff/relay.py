"""
Passes lines between an officer and a responder: in order, once each, sealed while they wait, gone when they are there.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.crypto.sealing import pad, unpad
from bot.errors import CannotOpenError, WrongState
from bot.handoff.mailbox import Mailbox
from bot.handoff.queue import held_by
from bot.handoff.records import Case, Line, Progress, Side
from bot.handoff.states import HELD, State
from bot.handoff.tables import cases, lines

_BLOCK = 256  # what a line's length gives away is how many of these it fills

# Built once: putting a statement together takes the interpreter longer than the database needs to answer it.
_CASE, _SIDE = sa.bindparam("this"), sa.bindparam("whose")
_HERE = sa.and_(lines.c.case_id == _CASE, lines.c.side == _SIDE)
_THERE = sa.and_(lines.c.sealed.is_(None), sa.not_(lines.c.failed))
_STATE = sa.select(cases.c.state).where(cases.c.id == _CASE)
_WAITING = (
    sa.select(lines.c.seq, lines.c.sealed)
    .where(_HERE, lines.c.seq > sa.bindparam("after"), lines.c.sealed.isnot(None))
    .order_by(lines.c.seq)
)
_COUNTS = sa.select(
    sa.func.count(),
    sa.func.count(sa.case((_THERE, 1))),
    sa.func.count(sa.case((lines.c.seq <= sa.bindparam("saw"), 1))),
    sa.func.count(sa.case((lines.c.failed, 1))),
    sa.func.max(sa.case((_THERE, lines.c.seq))),
).where(_HERE)
_FAILED = sa.select(lines.c.seq).where(_HERE, lines.c.failed).order_by(lines.c.seq)
_SAME = sa.and_(lines.c.side == _SIDE, lines.c.line_id == sa.bindparam("line"))
_NUMBERS = sa.select(sa.func.max(lines.c.seq), sa.func.max(sa.case((_SAME, lines.c.seq)))).where(
    lines.c.case_id == _CASE
)
_ARRIVED = (
    lines.update()
    .where(_HERE, lines.c.seq <= sa.bindparam("upto"), lines.c.sealed.isnot(None))
    .values(sealed=sa.null())
)


class Relay:
    """The lines in a mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def to_desk(self, case_id: str, line_id: str, text: str) -> int:
        """Leaves a line of the officer's, once per *line_id*; raises ``WrongState`` when nobody holds the case."""
        with self._mailbox.writing() as db:
            state = db.execute(_STATE, {"this": case_id}).scalar()
            if state is None or State(state) not in HELD:
                raise WrongState("nobody holds the case, so a line would lie there unread")
            return self._leave(db, case_id, Side.DESK, line_id, text)

    def to_officer(self, case_id: str, responder: str, line_id: str, text: str) -> int:
        """Leaves a line of the responder's, whose first one makes the case live."""
        with self._mailbox.writing() as db:
            case = held_by(db, case_id, responder)
            if case.state is State.ACKNOWLEDGED:
                step = {"state": State.LIVE.value, "entered": self._mailbox.clock(), "moves": case.moves + 1}
                db.execute(cases.update().where(cases.c.id == case_id).values(**step))
            return self._leave(db, case_id, Side.OFFICER, line_id, text)

    def waiting(self, case_id: str, side: Side, *, after: int = 0) -> list[Line]:
        """The lines for *side* that were not delivered yet, in order."""
        with self._mailbox.reading() as db:
            found = db.execute(_WAITING, {"this": case_id, "whose": side.value, "after": after}).all()
        return [line for seq, sealed in found if (line := self._open(case_id, side, seq, sealed))]

    def delivered(self, case_id: str, side: Side, upto: int) -> None:
        """The lines for *side* up to *upto* are there, so their words are deleted here."""
        with self._mailbox.writing() as db:
            _clear(db, case_id, side, upto)

    def read_by(self, case_id: str, responder: str, *, got: int, saw: int) -> None:
        """The responder's page has the lines up to *got* and has shown those up to *saw*."""
        with self._mailbox.writing() as db:
            held_by(db, case_id, responder)
            _clear(db, case_id, Side.DESK, got)
            db.execute(cases.update().where(cases.c.id == case_id, cases.c.seen < saw).values(seen=saw))

    def failed(self, case_id: str, seq: int) -> None:
        """A line could not be brought to the officer: it is given up, and the desk is told."""
        with self._mailbox.writing() as db:
            here = (lines.c.case_id == case_id, lines.c.seq == seq)
            db.execute(lines.update().where(*here).values(sealed=None, failed=True))

    def progress(self, case: Case, side: Side) -> Progress:
        """How the lines for *side* are doing."""
        here = {"this": case.id, "whose": side.value}
        with self._mailbox.reading() as db:
            sent, delivered, seen, failing, last = db.execute(_COUNTS, {**here, "saw": case.seen}).one()
            failed = tuple(db.execute(_FAILED, here).scalars()) if failing else ()
        return Progress(sent, delivered, seen if side is Side.DESK else 0, failed, last or 0)

    def _leave(self, db: Connection, case_id: str, side: Side, line_id: str, text: str) -> int:
        last, known = db.execute(_NUMBERS, {"this": case_id, "whose": side.value, "line": line_id}).one()
        if known is not None:
            return int(known)
        seq = int(last or 0) + 1
        sealed = self._mailbox.sealer.seal(
            pad(text.encode("utf-8", "replace"), _BLOCK), place=_place(case_id, side, seq)
        )
        row = {"case_id": case_id, "seq": seq, "side": side.value, "line_id": line_id, "sealed": sealed}
        db.execute(lines.insert(), row)
        return seq

    def _open(self, case_id: str, side: Side, seq: int, sealed: bytes) -> Line | None:
        try:
            return Line(seq, unpad(self._mailbox.sealer.open(sealed, place=_place(case_id, side, seq))).decode())
        except (CannotOpenError, UnicodeDecodeError):
            self.failed(case_id, seq)  # its key was forgotten, or somebody wrote into the file
            return None


def _clear(db: Connection, case_id: str, side: Side, upto: int) -> None:
    db.execute(_ARRIVED, {"this": case_id, "whose": side.value, "upto": upto})


def _place(case_id: str, side: Side, seq: int) -> str:
    return f"mailbox/{case_id}/{side.value}/{seq}"
