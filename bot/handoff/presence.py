"""
Knows who is there: a responder whose page gives signs of life and who has declared to be on duty, an edge that runs.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from bot.handoff.mailbox import Mailbox
from bot.handoff.records import AHEAD_SECONDS, Kind, Sign, count_on_duty
from bot.handoff.tables import presence

_SPAN = (
    presence.c.kind == sa.bindparam("kind"),
    presence.c.seen >= sa.bindparam("oldest"),
    presence.c.seen <= sa.bindparam("newest"),
)
IDS_THERE = sa.select(presence.c.id).where(*_SPAN)
_THERE = sa.select(presence.c.id, presence.c.tier, presence.c.on_duty, presence.c.seen, presence.c.offers).where(*_SPAN)


def span(kind: Kind, now: float, within: float) -> dict[str, Any]:
    """What ``IDS_THERE`` asks for: who of *kind* gave a sign in the last *within* seconds, seen from *now*."""
    return {"kind": kind.value, "oldest": now - within, "newest": now + AHEAD_SECONDS}


class Presence:
    """
    The signs of life in a mailbox. A sign from the future is left over from before a reboot and does not count; what is
    ahead by less than ``AHEAD_SECONDS`` was given while somebody looked, or by a machine whose clock is ahead.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def beat(self, who: str, kind: Kind, *, tier: int = 1, on_duty: bool = False, offers: int = 0) -> None:
        """*who* is there now."""
        values: dict[str, Any] = {"tier": tier, "on_duty": on_duty, "offers": offers}
        values["seen"] = self._mailbox.clock()
        with self._mailbox.writing() as db:
            if not db.execute(presence.update().where(presence.c.id == who).values(**values)).rowcount:
                db.execute(presence.insert(), {"id": who, "kind": kind.value, **values})

    def gone(self, who: str) -> None:
        """*who* has left in good order."""
        with self._mailbox.writing() as db:
            db.execute(presence.delete().where(presence.c.id == who))

    def there(self, kind: Kind, within: float) -> dict[str, Sign]:
        """Everybody of *kind* who gave a sign in the last *within* seconds, by id."""
        now = self._mailbox.clock()
        with self._mailbox.reading() as db:
            rows = db.execute(_THERE, span(kind, now, within)).all()
        return {row.id: Sign(row.id, row.tier, row.on_duty, row.seen, row.offers) for row in rows}

    def on_duty(self, within: float) -> Counter[int]:
        """How many responders of each tier are there and on duty."""
        return count_on_duty(self.there(Kind.RESPONDER, within))

    def sweep(self, older_than: float) -> None:
        """Deletes signs older than *older_than* seconds."""
        now = self._mailbox.clock()
        old = sa.or_(presence.c.seen < now - older_than, presence.c.seen > now + AHEAD_SECONDS)
        with self._mailbox.reading() as db:
            if db.execute(sa.select(presence.c.id).where(old)).first() is None:
                return  # a write that changes nothing would wake everybody
        with self._mailbox.writing() as db:
            db.execute(presence.delete().where(old))
