"""
Puts the parts together, one function per process; nowhere else does one part learn of another.

Each process is handed the keys it needs and no others: the assistant cannot undo a pseudonym, the desk cannot read a
conversation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bot.assistant.client import AssistantAnswer, AssistantClient, Notes
from bot.crypto.keyring import PURPOSES, Keyring, create
from bot.crypto.sealing import Sealer
from bot.errors import CryptoError, DataError, PreflightError
from bot.handoff import duty
from bot.handoff.delivery import Delivery
from bot.handoff.mailbox import Mailbox
from bot.handoff.notices import Notice, Result, Sender
from bot.handoff.officer import OfficerSide
from bot.logs import get_logger
from bot.privacy.address_book import AddressBook
from bot.privacy.pseudonyms import Pseudonym, Pseudonyms
from bot.privacy.redaction import RedactedText, Redactor
from bot.referral import partners
from bot.referral.officer import ReferralSide
from bot.retention import sweep_forever
from bot.settings import Settings
from bot.triage import compiled
from bot.triage.layers import Judge, Layers
from bot.triage.levels import Level
from bot.triage.safety_reply import SafetyReplies
from bot.triage.scoring.joining import HEAD_START as SCORER_HEAD_START
from bot.triage.scoring.joining import join_when_there
from bot.wording import Reply, Wording

if TYPE_CHECKING:
    from bot.referral.receipts import Receipts

log = get_logger(__name__)

EDGE_KEYS = ("pseudonyms", "address_book", "mailbox")
ASSISTANT_KEYS = ("tracker",)
DESK_KEYS = ("mailbox", "desk_sessions")

HEAD_START = 10.0  # seconds in which an edge that starts has better things to do than to look for old letters
DAY = 86_400.0
DESK_PATIENCE = 1.0  # the edge goes first: it has written the letter and knows at once

Redact = Callable[[str], Awaitable[RedactedText]]
PushTo = Callable[[Pseudonym, Sequence[Reply], dict[str, Any] | None], Awaitable[bool]]


class Assistant(Protocol):
    """What the edge needs of the assistant's process."""

    async def reply(
        self, who: Pseudonym, text: RedactedText, level: Level, *, choice: str | None = None, timeout: float
    ) -> AssistantAnswer: ...

    async def forget(self, who: Pseudonym) -> int: ...

    async def held(self, who: Pseudonym) -> Notes | None: ...


class Person(Protocol):
    """What the edge needs of the handoff."""

    def phase(self, who: Pseudonym) -> str: ...

    def heard(self, who: Pseudonym, level: Level) -> None: ...

    async def offer(self, who: Pseudonym, level: Level, channel: str) -> tuple[Reply, ...]: ...

    async def choose(self, who: Pseudonym, choice: str, level: Level) -> tuple[Reply, ...] | None: ...

    async def say(self, who: Pseudonym, text: str, level: Level) -> tuple[Reply, ...]: ...

    def status(self, who: Pseudonym) -> dict[str, Any] | None: ...

    async def forget(self, who: Pseudonym) -> int: ...

    def expects(self, who: Pseudonym) -> bool: ...

    def draft(self, who: Pseudonym, text: str) -> tuple[Reply, ...]: ...


class Referring(Protocol):
    """What the edge needs of referrals."""

    def expects(self, who: Pseudonym) -> bool: ...

    async def begin(self, channel: str) -> tuple[Reply, ...]: ...

    async def choose(self, who: Pseudonym, choice: str, channel: str) -> tuple[Reply, ...] | None: ...

    async def hear(self, who: Pseudonym, text: str, channel: str) -> tuple[Reply, ...]: ...

    def held(self, who: Pseudonym) -> tuple[str, ...]: ...

    def forget(self, who: Pseudonym) -> int: ...


@dataclass(frozen=True, slots=True)
class EdgeParts:
    """The collaborators of an edge, put together in ``bot.wiring``."""

    triage: Judge
    safety: SafetyReplies
    wording: Wording
    pseudonyms: Pseudonyms
    address_book: AddressBook
    redact: Redact
    assistant: Assistant
    person: Person
    patience: float
    message_limit: int
    clock: Callable[[], float] = time.monotonic
    referral: Referring | None = None


class LazyRedactor:
    """
    Loads the redactor beside the running edge: spaCy takes seconds, and a crisis does not wait for it.

    Until it is there, whoever needs redacted text waits. The patterns alone would be sooner, and would miss more names.
    """

    def __init__(self, load: Callable[[], Redactor] = Redactor.load) -> None:
        self._load = load
        self._redactor: asyncio.Task[Redactor] | None = None

    async def __call__(self, text: str) -> RedactedText:
        """The redacted text; raises what loading raised. A pressed button has no words, and waits for nothing."""
        if not text:
            return RedactedText("")
        redactor = await asyncio.shield(self.start())
        return await asyncio.to_thread(redactor.redact, text)

    def start(self) -> asyncio.Task[Redactor]:
        """Begins to load, or begins again after a failure; call it from the running loop."""
        task = self._redactor
        if task is None or (task.done() and not self.ready):
            task = self._redactor = asyncio.create_task(asyncio.to_thread(self._load))
        return task

    async def forget_words(self) -> None:
        """spaCy keeps every word it has met until told otherwise."""
        if self.ready and self._redactor is not None:
            await asyncio.to_thread(self._redactor.result().forget_words)

    @property
    def ready(self) -> bool:
        """True when a message can be redacted without waiting."""
        task = self._redactor
        return task is not None and task.done() and not task.cancelled() and task.exception() is None


class EdgeProcess:
    """Everything the edge runs: its parts, and the work that goes on beside the messages."""

    def __init__(self, settings: Settings) -> None:
        self._keys, self.keys_in_order = _edge_keys(settings)
        self._redactor = LazyRedactor()
        self._client = AssistantClient(settings.assistant_socket)
        wording = Wording.load()
        found, self.duty_in_order = duty.or_plain(settings)
        self._mailbox = mailbox(settings, self._keys.sealer("mailbox"), found)
        self._delivery = delivery(self._mailbox, wording)
        self._person = OfficerSide(settings, self._mailbox, wording, self._push, told=self._delivery.wake)
        self._to: PushTo | None = None
        taking, self.referral_in_order = _partners(settings)
        self._receipts = Receiving(settings)
        self._letters = Delivery(
            self._receipts, lambda: self._receipts.store.letters, taking.endpoint, Lazily(taking.ways, wording)
        )
        referral = ReferralSide(taking, lambda: self._receipts.store, wording, told=self._letters.wake)
        self._models = settings.model_dir
        self._lexicon = compiled.load()
        self.layers = Layers.over(self._lexicon)
        self._joining: asyncio.Task[None] | None = None
        self.parts = EdgeParts(
            triage=self.layers,
            safety=SafetyReplies(wording),
            wording=wording,
            pseudonyms=Pseudonyms(self._keys),
            address_book=AddressBook(
                self._keys.sealer("address_book"),
                idle=settings.idle_minutes * 60,
                lifetime=settings.lifetime_hours * 3600,
            ),
            redact=self._redactor,
            assistant=self._client,
            person=self._person,
            patience=settings.assistant_patience,
            message_limit=settings.message_limit,
            referral=referral,
        )

    @property
    def traces_sealer(self) -> Sealer | None:
        """
        Seals where messages stand that have to be deleted: as much a way back to somebody as the address book. Keys of
        this process alone would not open it after a restart, and would take what lies there for spoilt.
        """
        return self._keys.sealer("address_book") if self.keys_in_order else None

    def on_push(self, push: PushTo) -> None:
        """*push* brings what nobody asked for, a line of the desk say, to a pseudonym; False when it did not arrive."""
        self._to = push

    async def run(self) -> None:
        """Loads the redactor and runs the clocks of the handoff until cancelled."""
        self._redactor.start()
        await asyncio.to_thread(compiled.keep, self._lexicon)
        letters = [self._letters.run(HEAD_START), self._receipts.sweep_daily(HEAD_START)] if self._receipts.used else []
        await asyncio.gather(self._person.run(), self._delivery.run(HEAD_START), self.start_scorer(), *letters)

    def start_scorer(self, head_start: float = SCORER_HEAD_START) -> asyncio.Task[None]:
        """Begins to load the scorer after *head_start* seconds; the task is done when it has joined the lexicon."""
        if self._joining is None:
            self._joining = asyncio.create_task(join_when_there(self.layers, self._models, head_start=head_start))
        return self._joining

    async def tidy(self) -> None:
        """Takes up rotated keys, drops forgotten ones, and lets the language model forget what it has read."""
        await self._redactor.forget_words()
        try:
            await asyncio.to_thread(self._keys.refresh)
        except (CryptoError, OSError) as error:
            log.error("keys.not_in_order", error=type(error))

    async def readiness(self) -> dict[str, bool]:
        """Which parts of a whole conversation are there."""
        return {
            "keys": self.keys_in_order,
            "duty": self.duty_in_order,
            "referral": self.referral_in_order,
            "redaction": self._redactor.ready,
            "assistant": await self._client.ready(),
        }

    async def _push(self, who: Pseudonym, replies: Sequence[Reply], status: dict[str, Any] | None) -> bool:
        return self._to is not None and await self._to(who, replies, status)


def edge(settings: Settings) -> EdgeProcess:
    """The officers' process: raw words, pseudonyms, the way back; no conversation."""
    return EdgeProcess(settings)


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk runs on: the mailbox it shares with the edge, and its own keys."""

    mailbox: Mailbox
    keyring: Keyring
    delivery: Delivery | None = None


def prepare(settings: Settings, purposes: Sequence[str] = PURPOSES) -> None:
    """Makes the state folder, for its owner alone, and the keys that are missing; raises ``PreflightError``."""
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.state_dir.chmod(0o700)
    except OSError:
        raise PreflightError("SIDEDOOR_STATE_DIR cannot be made, or is not ours to close to others") from None
    if not settings.keys:
        create(settings.keys_dir, purposes)
    elif set(purposes) == set(PURPOSES):
        raise PreflightError("SIDEDOOR_KEYS would hand every key to every process; start them one by one, each its own")


def desk(settings: Settings) -> DeskParts:
    """The responders' process: live words while they pass; no pseudonym, no conversation."""
    prepare(settings, DESK_KEYS)
    keyring = Keyring.of(settings, DESK_KEYS)
    box = mailbox(settings, keyring.sealer("mailbox"), duty.of(settings))
    return DeskParts(box, keyring, delivery(box, Wording.load(), patience=DESK_PATIENCE))


def mailbox(settings: Settings, sealer: Sealer, on_duty: duty.Duty) -> Mailbox:
    """Where edge and desk meet: a file, or a PostgreSQL server."""
    if url := settings.handoff_database_url.reveal():
        from bot.handoff.server import ServerMailbox

        return ServerMailbox(url, sealer, duty=on_duty)
    return Mailbox(settings.handoff_db, sealer, duty=on_duty)


def delivery(box: Mailbox, wording: Wording, *, patience: float = 0.0) -> Delivery:
    """What tells the people on duty; both processes have one, so that either may die."""
    return Delivery(box, lambda: box.post.outbox, box.duty.endpoint, Lazily(box.duty, wording), patience=patience)


class Receiving:
    """The store of receipts, opened when the first referral is made: an edge that starts has no time for it."""

    def __init__(self, settings: Settings) -> None:
        self.used = settings.referral_file is not None
        self._path = settings.referral_db
        self._store: Receipts | None = None

    @property
    def store(self) -> Receipts:
        """The one store of this process."""
        if self._store is None:
            from bot.referral.receipts import Receipts

            self._store = Receipts(self._path)
        return self._store

    async def ask(self, work: Callable[[Any], Any]) -> Any:
        """As ``Mailbox.ask``."""
        return await (await asyncio.to_thread(lambda: self.store)).ask(work)

    async def sweep_daily(self, head_start: float = 0.0) -> None:
        """Deletes receipts that have run out, once after *head_start* and every day, until cancelled."""
        await sweep_forever(lambda: self.ask(lambda _: self.store.sweep()), every=DAY, head_start=head_start)


def _partners(settings: Settings) -> tuple[partners.Partners, bool]:
    """The providers; none when the file is faulty, since a crisis has to be answered all the same."""
    try:
        return partners.of(settings), True
    except DataError:
        log.error("referral.not_in_order")
        return partners.Partners(), False


class Lazily:
    """The senders, loaded when somebody has to be told: an edge that starts has no time for it."""

    def __init__(self, on_duty: duty.Duty, wording: Wording) -> None:
        self._given = on_duty, wording
        self._senders: Sender | None = None

    async def __call__(self, endpoint: duty.Endpoint, notice: Notice) -> Result:
        """One try; see ``bot.handoff.senders``."""
        if self._senders is None:
            self._senders = await asyncio.to_thread(_senders, *self._given)
        return await self._senders(endpoint, notice)


def _senders(on_duty: duty.Duty, wording: Wording) -> Sender:
    from bot.handoff.senders import Senders

    return Senders(on_duty, wording)


def _edge_keys(settings: Settings) -> tuple[Keyring, bool]:
    """
    The edge's keys, made where there are none.

    Key files that others can read, or that cannot be read at all, are not used; a crisis is answered all the same, so
    keys that live in memory take their place, and ``/readyz`` says so.
    """
    try:
        prepare(settings, EDGE_KEYS)
        return Keyring.of(settings, EDGE_KEYS), True
    except (CryptoError, PreflightError, OSError) as error:
        log.error("keys.not_in_order", error=type(error))
        return Keyring.fleeting(EDGE_KEYS), False
