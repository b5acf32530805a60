"""
Bundles what can be done with a mailbox: the cases, the lines, who is there.
"""

from __future__ import annotations

from bot.handoff.mailbox import Mailbox
from bot.handoff.outbox import Outbox
from bot.handoff.presence import Presence
from bot.handoff.queue import Queue
from bot.handoff.relay import Relay
from bot.handoff.tables import outbox


class Post:
    """One per mailbox; ``Mailbox.ask`` hands it to its work."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.duty = mailbox.duty
        self.reading = mailbox.reading
        self.outbox = Outbox(mailbox, outbox)
        self.queue = Queue(mailbox, self.outbox)
        self.relay = Relay(mailbox)
        self.presence = Presence(mailbox)
