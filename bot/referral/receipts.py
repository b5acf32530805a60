"""
Keeps what is left of a referral: a hash of the receipt code, the provider, a state, a day; and counts of what was said.

No row leads to an officer: the code is random, only its hash is here, and what was sealed goes when it has arrived.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.crypto.sealing import Sealer, new_key
from bot.handoff.mailbox import Mailbox
from bot.handoff.outbox import Letter, Outbox, outbox_table

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from bot.referral.partners import Partner

NEW = "referral.new"
WITHDRAWN = "referral.withdrawn"
SCHEDULE = (0.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0)  # nobody waits at the other end of the line
SMALLEST = 11  # a smaller count could be one officer's word (the cell size of the CMS policy)
KEPT_DAYS = 180
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that looks like a figure
_CODE_SIGNS = 16  # 80 bits

metadata = sa.MetaData()
receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # hash of the code
    sa.Column("reference", sa.String, nullable=False, unique=True),  # by which the provider knows it
    sa.Column("partner", sa.String, nullable=False),
    sa.Column("entry", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("day", sa.String, nullable=False),
    sa.Column("said", sa.String),
)
counts = sa.Table(
    "counts",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("word", sa.String, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
outbox = outbox_table(metadata)


class State(StrEnum):
    """Of a referral."""

    SENDING = "sending"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    WITHDRAWN = "withdrawn"


class Said(StrEnum):
    """All that an officer can say of a provider afterwards."""

    DEAD_NUMBER = "dead_number"
    WAITED_THREE_WEEKS = "waited_three_weeks"
    HELPED = "helped"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a code leads to."""

    id: str
    partner: str
    state: State
    day: str
    said: str | None


class Letters(Outbox):
    """Notes on the receipt whether the referral has arrived."""

    def ended(self, db: Connection, letter: Letter, state: str) -> None:
        """In the transaction in which the letter has arrived or died."""
        if letter.kind == NEW:
            new = State.DELIVERED if state == "sent" else State.NOT_DELIVERED
            here = (receipts.c.reference == letter.case_id, receipts.c.state == State.SENDING.value)
            db.execute(receipts.update().where(*here).values(state=new.value))
        db.execute(outbox.delete().where(outbox.c.id == letter.id, outbox.c.state == "sent"))


class Receipts(Mailbox):
    """The file of receipts. Raises ``StoreError`` and nothing else when it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        # nothing here is sealed with a key of ours: the contents of a letter are sealed to the provider
        super().__init__(path, Sealer([new_key()]), clock=time.time)
        self.letters = Letters(self, outbox, SCHEDULE)

    def send(self, partner: Partner, reference: str, sealed: bytes) -> str:
        """Writes down the referral and the letter that brings it, in one transaction; returns the receipt code."""
        code = new_code()
        row = {"id": _hash(code), "reference": reference, "partner": partner.id, "entry": partner.entry}
        with self.writing() as db:
            db.execute(receipts.insert(), {**row, "state": State.SENDING.value, "day": _today()})
            self.letters.put(db, NEW, [partner.endpoint.name], case_id=reference, attachment=sealed)
        return code

    def find(self, code: str) -> Receipt | None:
        """What *code* leads to; case, spaces and dashes do not matter."""
        with self.reading() as db:
            row = db.execute(sa.select(receipts).where(receipts.c.id == _hash(code))).mappings().first()
        return Receipt(row["id"], row["partner"], State(row["state"]), row["day"], row["said"]) if row else None

    def withdraw(self, receipt_id: str, endpoint: str) -> State | None:
        """
        Takes a referral back: one that is still here never leaves; of one that has arrived, the provider is told.

        Returns the state it was in.
        """
        with self.writing() as db:
            row = db.execute(sa.select(receipts).where(receipts.c.id == receipt_id)).mappings().first()
            if row is None or row["state"] == State.WITHDRAWN.value:
                return None
            tried = sa.select(outbox.c.tries).where(outbox.c.case_id == row["reference"], outbox.c.kind == NEW)
            tries = db.execute(tried).scalar()
            db.execute(outbox.delete().where(outbox.c.case_id == row["reference"]))
            db.execute(receipts.update().where(receipts.c.id == receipt_id).values(state=State.WITHDRAWN.value))
            if tries or row["state"] == State.DELIVERED.value:  # a try that seemed to fail may have arrived
                self.letters.put(db, WITHDRAWN, [endpoint], case_id=row["reference"])
        self.wipe()
        return State(row["state"])

    def say(self, receipt_id: str, word: Said) -> bool:
        """Counts one word per receipt; another word takes the first one's place."""
        with self.writing() as db:
            row = db.execute(sa.select(receipts).where(receipts.c.id == receipt_id)).mappings().first()
            if row is None:
                return False
            if row["said"]:
                _count(db, row["entry"], row["said"], -1)
            _count(db, row["entry"], word.value, 1)
            db.execute(receipts.update().where(receipts.c.id == receipt_id).values(said=word.value))
        return True

    def public_counts(self) -> dict[str, dict[str, int]]:
        """What may be shown: counts of at least eleven, by the directory's entry and word; smaller ones stay here."""
        with self.reading() as db:
            rows = db.execute(sa.select(counts).where(counts.c.count >= SMALLEST)).mappings().all()
        found: dict[str, dict[str, int]] = {}
        for row in rows:
            found.setdefault(row["entry"], {})[row["word"]] = row["count"]
        return found

    def sweep(self) -> None:
        """Deletes receipts half a year old, with what hangs on them."""
        oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).date().isoformat()
        with self.writing() as db:
            db.execute(receipts.delete().where(receipts.c.day < oldest))
            known = sa.select(receipts.c.reference)
            db.execute(outbox.delete().where(outbox.c.case_id.notin_(known)))
        self.wipe()

    def _prepare(self, engine: Engine) -> None:
        from bot.handoff.sqlite import writing

        with writing(engine) as db:
            metadata.create_all(db)

    def _throw_away(self) -> None:
        """Never: people hold codes to what is in this file, and a referral may be on its way."""


def new_code() -> str:
    """A receipt code such as ``7K2M-Q4X9-…``."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(_CODE_SIGNS))
    return "-".join(signs[start : start + 4] for start in range(0, _CODE_SIGNS, 4))


def _hash(code: str) -> str:
    plain = re.sub(r"[^0-9A-Z]", "", code.upper()).replace("O", "0").replace("I", "1").replace("L", "1")
    return hashlib.sha256(b"sidedoor/receipt/" + plain.encode()).hexdigest()


def _count(db: Connection, entry: str, word: str, step: int) -> None:
    here: tuple[Any, ...] = (counts.c.entry == entry, counts.c.word == word)
    changed = db.execute(counts.update().where(*here).values(count=counts.c.count + step))
    if not changed.rowcount:
        db.execute(counts.insert(), {"entry": entry, "word": word, "count": max(0, step)})


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
