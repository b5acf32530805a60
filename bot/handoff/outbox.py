"""
Holds what has to be told to somebody, written in the same transaction as the step it tells of, until it is told.

Whoever delivers takes a row on lease: a process that is killed in the middle loses the lease and nothing else, so each
row is told at least once, under one id by which a receiver knows it again. What never arrives stays as a dead letter,
with the way's name and the last answer, for the people at the desk to see.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.handoff.duty import Endpoint
from bot.handoff.records import AHEAD_SECONDS

SCHEDULE = (0.0, 2.0, 5.0, 10.0, 20.0, 40.0)  # seconds after the step; then the letter is dead
LEASE_SECONDS = 7.0  # longer than one try can take
STAFFING_SECONDS = 300.0  # "someone waits" is told at most this often
KEPT_SECONDS = 86_400.0  # a dead letter

WAITING = "handoff.waiting"
SETTLED = "handoff.settled"
STAFFING = "staffing.someone_waits"


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    """The same table in every store that has to tell something."""
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.String, primary_key=True),  # the receiver's idempotency key
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("case_id", sa.String),
        sa.Column("level", sa.String),
        sa.Column("endpoint", sa.String, nullable=False),  # its name in the operator's file, no address
        sa.Column("attachment", sa.LargeBinary),  # sealed to the receiver
        sa.Column("state", sa.String, nullable=False),  # pending, sent, dead
        sa.Column("made", sa.Float, nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, default=0),
        sa.Column("lease", sa.String),
        sa.Column("word", sa.String, nullable=False, default=""),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """One row on lease."""

    id: str
    kind: str
    case_id: str | None
    level: str | None
    endpoint: str
    attachment: bytes | None
    made: float
    tries: int
    lease: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be told; nothing in it leads to an officer."""

    id: str
    kind: str
    endpoint: str
    tries: int
    word: str
    age: float


class Outbox:
    """The rows of one store. Methods that take a connection belong into the caller's transaction."""

    def __init__(self, store: Any, table: sa.Table, schedule: Sequence[float] = SCHEDULE) -> None:
        self._store = store
        self._table = table
        self._schedule = schedule
        self._dead = sa.select(table).where(table.c.state == "dead").order_by(table.c.made.desc())

    # -- within the transaction of a step

    def put(
        self,
        db: Connection,
        kind: str,
        endpoints: Iterable[str],
        *,
        case_id: str | None = None,
        level: str | None = None,
        attachment: bytes | None = None,
    ) -> list[str]:
        """Something to tell, once per endpoint; returns the ids."""
        now, ids = self._store.clock(), []
        row: dict[str, Any] = {"kind": kind, "case_id": case_id, "level": level, "attachment": attachment}
        row |= {"state": "pending", "made": now, "due": now}
        for endpoint in endpoints:
            ids.append("msg_" + secrets.token_hex(12))
            db.execute(self._table.insert(), {**row, "id": ids[-1], "endpoint": endpoint})
        return ids

    def settle(self, db: Connection, case_id: str) -> None:
        """Nobody needs to come any more: what was not tried is dropped, who was called is told."""
        t = self._table
        here = sa.and_(t.c.case_id == case_id, t.c.kind == WAITING)
        tried = sa.or_(t.c.tries > 0, t.c.lease.isnot(None))
        told = set(db.execute(sa.select(t.c.endpoint).where(here, tried, t.c.state != "dead")).scalars())
        db.execute(t.update().where(here, t.c.state == "dead").values(case_id=None, level=None))
        db.execute(t.delete().where(here, t.c.state != "dead"))
        self.put(db, SETTLED, sorted(told), case_id=case_id)

    def staffing(self, endpoints: Sequence[Endpoint]) -> None:
        """Tells that someone thinks about asking for a person, and not how often or who."""
        if not endpoints:
            return
        t, now = self._table, self._store.clock()
        with self._store.writing() as db:
            lately = sa.and_(t.c.kind == STAFFING, t.c.made > now - STAFFING_SECONDS)
            if db.execute(sa.select(t.c.id).where(lately).limit(1)).first() is None:
                self.put(db, STAFFING, [endpoint.name for endpoint in endpoints])

    # -- delivering

    def lease(self, count: int = 20, *, patience: float = 0.0) -> list[Letter]:
        """Up to *count* rows that have been due for *patience* seconds, for nobody else to take meanwhile."""
        t, now, lease = self._table, self._store.clock(), secrets.token_hex(8)
        due = sa.and_(t.c.state == "pending", t.c.due <= now - patience)
        with self._store.reading() as db:
            ids = list(db.execute(sa.select(t.c.id).where(due).order_by(t.c.due).limit(count)).scalars())
        if not ids:
            return []
        with self._store.writing() as db:
            taken = t.update().where(due, t.c.id.in_(ids))
            db.execute(taken.values(due=now + LEASE_SECONDS, lease=lease, tries=t.c.tries + 1))
            names = (t.c.id, t.c.kind, t.c.case_id, t.c.level, t.c.endpoint, t.c.attachment, t.c.made, t.c.tries)
            rows = db.execute(sa.select(*names, t.c.lease).where(t.c.lease == lease)).mappings()
            return [Letter(**row) for row in rows]

    def told(self, letter: Letter, word: str = "ok") -> None:
        """It arrived. The row stays without its content until the case is over, so that its end can be told too."""
        t = self._table
        with self._store.writing() as db:
            db.execute(t.update().where(*self._mine(letter)).values(state="sent", word=word, attachment=None))
            self.ended(db, letter, "sent")

    def failed(self, letter: Letter, word: str, *, final: bool = False, wait: float = 0.0) -> bool:
        """Another try by the schedule, or a dead letter; true when it is dead."""
        t, now = self._table, self._store.clock()
        dead = final or letter.tries >= len(self._schedule)
        due = letter.made + self._schedule[min(letter.tries, len(self._schedule) - 1)]
        values: dict[str, Any] = {"word": word, "lease": None}
        values |= {"state": "dead", "attachment": None} if dead else {"due": max(now, due, now + min(wait, 40.0))}
        with self._store.writing() as db:
            db.execute(t.update().where(*self._mine(letter)).values(**values))
            if dead:
                self.ended(db, letter, "dead")
        return dead

    def ended(self, db: Connection, letter: Letter, state: str) -> None:
        """In the transaction in which *letter* has arrived or died; a store that keeps its own books notes it here."""

    def next_due(self) -> float | None:
        """When the next row is due; ``None`` when there is nothing to tell."""
        t = self._table
        with self._store.reading() as db:
            found = db.execute(sa.select(sa.func.min(t.c.due)).where(t.c.state == "pending")).scalar()
        return float(found) if found is not None else None

    # -- what the people at the desk see

    def dead(self) -> list[DeadLetter]:
        """What could not be told, the newest first."""
        now = self._store.clock()
        with self._store.reading() as db:
            rows = db.execute(self._dead).mappings().all()
        return [DeadLetter(r["id"], r["kind"], r["endpoint"], r["tries"], r["word"], now - r["made"]) for r in rows]

    def put_away(self, letter_id: str) -> bool:
        """Somebody has seen a dead letter."""
        t = self._table
        with self._store.writing() as db:
            return bool(db.execute(t.delete().where(t.c.id == letter_id, t.c.state == "dead")).rowcount)

    def again(self, letter_id: str) -> bool:
        """Tries a dead letter once more, from the start of the schedule."""
        t, now = self._table, self._store.clock()
        fresh = {"state": "pending", "made": now, "due": now, "tries": 0, "word": ""}
        with self._store.writing() as db:
            mine = t.update().where(t.c.id == letter_id, t.c.state == "dead", t.c.attachment.is_(None))
            return bool(db.execute(mine.values(**fresh)).rowcount)

    def sweep(self, is_over: Callable[[Connection], Any]) -> None:
        """Deletes what was told for cases that are gone, and what is old."""
        t, now = self._table, self._store.clock()
        with self._store.reading() as db:
            if db.execute(sa.select(t.c.id).limit(1)).first() is None:
                return
        with self._store.writing() as db:
            known = sa.or_(t.c.case_id.is_(None), t.c.case_id.notin_(is_over(db)))
            done = sa.and_(t.c.state == "sent", known, t.c.made < now - STAFFING_SECONDS)
            db.execute(t.delete().where(sa.or_(done, t.c.made < now - KEPT_SECONDS, t.c.made > now + AHEAD_SECONDS)))

    def _mine(self, letter: Letter) -> tuple[Any, ...]:
        t = self._table
        return (t.c.id == letter.id, t.c.lease == letter.lease, t.c.state == "pending")
