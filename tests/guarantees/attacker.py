"""
Hands a process's keys, and every file there is, to an attacker, and lists what opens.

    python -m tests.guarantees.attacker        shows the table
    python -m tests.guarantees.attacker --write writes it into docs/threat-model.md
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered

from bot.assistant.tracker_store.rows import Rows
from bot.assistant.tracker_store.store import SealedTrackerStore
from bot.channels.own_file import opened
from bot.channels.telegram_kept import _MADE as MADE
from bot.channels.telegram_kept import Kept
from bot.crypto.keyring import PURPOSES, Keyring, create, forget, rotate
from bot.crypto.sealing import Sealer, new_key, new_provider_keys, open_with
from bot.desk import accounts
from bot.errors import CryptoError
from bot.handoff.duty import Endpoint
from bot.handoff.mailbox import Mailbox
from bot.handoff.records import Kind, Side
from bot.privacy.address_book import AddressBook
from bot.privacy.pseudonyms import Pseudonym, Pseudonyms
from bot.referral import sealed
from bot.referral.partners import Partner
from bot.referral.receipts import Receipts
from bot.settings import ROOT
from bot.triage.levels import Level
from bot.wiring import ASSISTANT_KEYS, DESK_KEYS, EDGE_KEYS

DOCUMENT = ROOT / "docs" / "threat-model.md"
BEGIN, END = "<!-- attacker:begin -->\n", "<!-- attacker:end -->"
CHANNEL, SENDER = "telegram", "5550101777"
LINE = "see you at eight, says Quackenbush"
CONTACT = b"call me at 555-0142"

ATTACKERS: dict[str, tuple[str, ...]] = {
    "edge": EDGE_KEYS,
    "assistant": ASSISTANT_KEYS,
    "desk": DESK_KEYS,
    "disk without keys": (),
    "all keys": PURPOSES,
}


@dataclass
class Loot:
    """Everything that a seized machine holds at one moment, the memory of the edge included."""

    folder: Path
    who: Pseudonym
    address: bytes


@dataclass
class Attacker:
    """Has the files, and the keys of some purposes; where one is missing, makes one up."""

    loot: Loot
    keys: Keyring
    held: tuple[str, ...]

    def sealer(self, purpose: str) -> Sealer:
        return self.keys.sealer(purpose) if purpose in self.held else Sealer([new_key()])


def leave_loot(folder: Path) -> Loot:
    """One officer's conversation, address, handoff and referral, and a responder's account, through the real parts."""
    keys = folder / "keys"
    create(keys)
    ring = Keyring(keys, PURPOSES)
    who = Pseudonyms(ring).of(CHANNEL, SENDER)
    asyncio.run(_conversation(ring, folder, who))
    box = Mailbox(folder / "handoff.db", ring.sealer("mailbox"))
    box.post.presence.beat("edge-1", Kind.EDGE)
    box.post.presence.beat("dana", Kind.RESPONDER, on_duty=True)
    case = box.post.queue.open("c" * 32, "Harbor 41", "edge-1", Level.HIGH)
    box.post.queue.claim(case.id, "dana")
    box.post.relay.to_officer(case.id, "dana", "line-0001", LINE)
    box.post.relay.to_desk(case.id, "line-0002", LINE)
    box.dispose()
    accounts.add(folder / "desk.db", "dana", "night shift over the river")
    accounts.require_code(folder / "desk.db", "dana", ring.sealer("desk_sessions"))
    book = AddressBook(ring.sealer("address_book"))
    book.remember(who, CHANNEL, SENDER)
    kept = Kept(opened(folder / "traces.db", MADE), ring.sealer("address_book"))
    kept.add(int(SENDER), 7, 0.0)
    kept.close()
    _send_referral(folder)
    return Loot(folder, who, book._entries[who].sealed)


def _send_referral(folder: Path) -> None:
    _, public = new_provider_keys()
    endpoint = Endpoint("referral/peers", "webhook", "https://peers.example.org", ("x",))
    peers = Partner("peers", "Peer Team", "peers", public, "a phone number", "two days", endpoint)
    store, reference = Receipts(folder / "referral.db"), sealed.new_reference()
    store.send(peers, reference, sealed.seal(public, reference, CONTACT.decode()))
    store.dispose()


async def _conversation(ring: Keyring, folder: Path, who: Pseudonym) -> None:
    store = _store(ring.sealer("tracker"), folder)
    tracker = await store.get_or_create_tracker(who)
    tracker.update_with_events([UserUttered("", {"name": "ask_gun"}), SlotSet("option", "eap")], store.domain)
    await store.save(tracker)
    store.close()


def _store(sealer: Sealer, folder: Path) -> SealedTrackerStore:
    rows = Rows.in_file(folder / "tracker.db")
    store = SealedTrackerStore(sealer, rows, window_turns=12, idle_minutes=60, lifetime_hours=24)
    slot = "{type: text, influence_conversation: false, mappings: [{type: custom}]}"
    store.domain = Domain.from_yaml(f"{{version: '3.1', intents: [ask_gun], slots: {{option: {slot}}}}}")
    return store


# -- what an attacker tries; each returns whether it came out


def counts_conversations(a: Attacker) -> bool:
    with sqlite3.connect(a.loot.folder / "tracker.db") as db:
        return db.execute("SELECT who FROM conversations").fetchall() == [(a.loot.who,)]


def sees_the_queue(a: Attacker) -> bool:
    with sqlite3.connect(a.loot.folder / "handoff.db") as db:
        return db.execute("SELECT alias, level FROM cases").fetchall() == [("Harbor 41", int(Level.HIGH))]


def reads_the_accounts(a: Attacker) -> bool:
    with sqlite3.connect(a.loot.folder / "desk.db") as db:
        return db.execute("SELECT name FROM accounts").fetchall() == [("dana",)]


def reads_the_conversation(a: Attacker) -> bool:
    store = _store(a.sealer("tracker"), a.loot.folder)
    held = store.held(a.loot.who)
    store.close()
    return held is not None and held.slots == ("option",)


def confirms_a_guess(a: Attacker) -> bool:
    """Knows somebody's Telegram id already, and computes their code with every key there is."""
    borrowed = [_Borrowed(a.keys, purpose) for purpose in a.held]
    return any(Pseudonyms(keys).of(CHANNEL, SENDER) == a.loot.who for keys in borrowed)


class _Borrowed(Keyring):
    """Passes the key of some other purpose off as that of the pseudonyms."""

    def __init__(self, keys: Keyring, purpose: str) -> None:
        self._real, self._purpose = keys, purpose

    def macs(self, purpose: str, data: bytes) -> tuple[bytes, ...]:
        return self._real.macs(self._purpose, data)


def names_who_wrote(a: Attacker) -> bool:
    """From the edge's memory: the address behind a made-up code."""
    book = AddressBook(a.sealer("address_book"))
    book.remember(a.loot.who, "x", "x")
    entry = book._entries[a.loot.who]
    book._entries[a.loot.who] = type(entry)(a.loot.address, entry.born, entry.heard)
    return book.find(a.loot.who) == (CHANNEL, SENDER)


def reads_undelivered_lines(a: Attacker) -> bool:
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(a.loot.folder, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("keys"))
        box = Mailbox(Path(copy) / "handoff.db", a.sealer("mailbox"))
        read = [line.text for side in Side for line in box.post.relay.waiting("c" * 32, side)]
        box.dispose()
    return LINE in read


def joins_case_and_conversation(a: Attacker) -> bool:
    """Whether anything in the mailbox says which conversation a case belongs to."""
    found = b"".join(path.read_bytes() for path in a.loot.folder.glob("handoff.db*"))
    return a.loot.who.encode() in found or bytes.fromhex(a.loot.who) in found


def sees_receipts(a: Attacker) -> bool:
    with sqlite3.connect(a.loot.folder / "referral.db") as db:
        return db.execute("SELECT partner, state FROM receipts").fetchall() == [("peers", "sending")]


def finds_chats_to_clear(a: Attacker) -> bool:
    """From the file system in memory: in which Telegram chats messages have to be deleted."""
    with contextlib.closing(sqlite3.connect(a.loot.folder / "traces.db")) as db:
        rows = db.execute("SELECT row, sealed FROM traces").fetchall()
    found = b""
    for row, content in rows:
        for purpose in a.held:
            with contextlib.suppress(CryptoError):
                found += a.keys.sealer(purpose).open(content, place=f"telegram_traces/{row}")
    return SENDER.encode() in found


def takes_the_second_factor(a: Attacker) -> bool:
    with sqlite3.connect(a.loot.folder / "desk.db") as db:
        sealed, account = db.execute("SELECT code_secret, id FROM accounts").fetchone()
    with contextlib.suppress(CryptoError):
        return bool(a.sealer("desk_sessions").open(sealed, place=f"accounts/{account}/code"))
    return False


def reads_the_referral(a: Attacker) -> bool:
    """Contact details on their way to a provider, with every key that is held taken for the provider's."""
    with contextlib.closing(sqlite3.connect(a.loot.folder / "referral.db")) as db:
        ((reference, letter),) = db.execute("SELECT case_id, attachment FROM outbox").fetchall()
    files = [path for purpose in a.held for path in (a.loot.folder / "keys").glob(f"{purpose}.*.key")]
    for secret in [bytes(32), *(path.read_bytes() for path in files)]:
        with contextlib.suppress(CryptoError):
            return CONTACT in open_with(base64.b64encode(secret).decode(), letter, place=f"referral/{reference}")
    return False


TRIES: dict[str, Callable[[Attacker], bool]] = {
    "made-up codes of who has a conversation, and when it ends, to five minutes": counts_conversations,
    "what each conversation was about (kinds of question, choices; no sentences)": reads_the_conversation,
    "whether a code is that of somebody already suspected": confirms_a_guess,
    "who is behind a code (the edge's memory, while it runs)": names_who_wrote,
    "the queue: made-up names, how urgent, how long": sees_the_queue,
    "lines of a live chat that nobody has read yet": reads_undelivered_lines,
    "which conversation a case belongs to": joins_case_and_conversation,
    "which Telegram chats have messages to delete (the machine's memory, while it runs)": finds_chats_to_clear,
    "receipts of referrals: which provider, which day, whether it arrived": sees_receipts,
    "names of the people on duty": reads_the_accounts,
    "their second factor": takes_the_second_factor,
    "contact details sealed to a provider": reads_the_referral,
}


def matrix(folder: Path) -> dict[str, dict[str, bool]]:
    """For each thing that could come out: which attacker gets it."""
    loot = leave_loot(folder)
    attackers = {name: Attacker(loot, Keyring(folder / "keys", held), held) for name, held in ATTACKERS.items()}
    found = {
        thing: {name: attempt(attacker) for name, attacker in attackers.items()} for thing, attempt in TRIES.items()
    }
    for purpose in PURPOSES:  # a disk that was copied before, and keys that were forgotten since
        rotate(folder / "keys", purpose)
        forget(folder / "keys", purpose)
    late = Attacker(loot, Keyring(folder / "keys", PURPOSES), PURPOSES)
    for thing, attempt in TRIES.items():
        found[thing]["old copy, keys forgotten"] = attempt(late)
    return found


def table(found: dict[str, dict[str, bool]]) -> str:
    """As Markdown."""
    names = list(next(iter(found.values())))
    lines = [f"| what comes out | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    lines += [
        f"| {thing} | {' | '.join('yes' if got[name] else '–' for name in names)} |" for thing, got in found.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Shows the table, or writes it down."""
    with tempfile.TemporaryDirectory() as folder:
        shown = table(matrix(Path(folder)))
    print(shown)
    if "--write" in sys.argv:
        head, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
        DOCUMENT.write_text(f"{head}{BEGIN}{shown}{END}{rest.split(END)[1]}", encoding="utf-8")


__all__ = ["matrix", "table"]

if __name__ == "__main__":
    main()
