"""The address book finds the way back while a conversation lasts, and not a minute longer."""

from __future__ import annotations

import pytest

from bot.crypto.sealing import Sealer, new_key
from bot.privacy.address_book import AddressBook
from bot.privacy.pseudonyms import Pseudonym

ANA, BEN = Pseudonym("a" * 32), Pseudonym("b" * 32)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(clock: Clock) -> AddressBook:
    return AddressBook(Sealer([new_key()]), idle=60, lifetime=600, clock=clock)


def test_finds_the_way_back(book: AddressBook) -> None:
    """
    Who was remembered is found, and nobody else.
    """
    book.remember(ANA, "telegram", "70001")

    assert book.find(ANA) == ("telegram", "70001")
    assert book.find(BEN) is None


def test_idle_entry_expires(book: AddressBook, clock: Clock) -> None:
    """
    After the idle time the way back is gone, even before a sweep.
    """
    book.remember(ANA, "web", "x")
    clock.now += 60

    assert ANA not in book and book.find(ANA) is None and len(book) == 0


def test_talking_keeps_an_entry(book: AddressBook, clock: Clock) -> None:
    """
    Each message starts the idle time anew, but nothing outlives the lifetime.
    """
    found = []
    for _ in range(15):
        book.remember(ANA, "web", "x")
        clock.now += 50
        found.append(ANA in book)

    assert found[:11] == [True] * 11 and found[11] is False


def test_forget_erases(book: AddressBook) -> None:
    """
    Forgetting says how much was erased, and leaves others alone.
    """
    book.remember(ANA, "web", "x")
    book.remember(BEN, "web", "y")

    assert (book.forget(ANA), book.forget(ANA)) == (1, 0)
    assert book.find(ANA) is None and book.find(BEN) == ("web", "y")


def test_sweep_erases_what_has_expired(book: AddressBook, clock: Clock) -> None:
    """
    A sweep erases the expired entries and no others; a time may be given instead of the clock's.
    """
    book.remember(ANA, "web", "x")
    clock.now += 30
    book.remember(BEN, "web", "y")

    assert (book.sweep(), book.sweep(clock.now + 31), len(book)) == (0, 1, 1)
    assert book.find(BEN) == ("web", "y")


def test_memory_holds_no_sender(book: AddressBook) -> None:
    """
    A look into the process, or a crash report, shows neither channel nor sender, nor how long they are.
    """
    book.remember(ANA, "telegram", "SENDER-70001")
    book.remember(BEN, "web", "y")
    entries = book._entries.values()

    assert not any(b"SENDER" in entry.sealed or "SENDER" in repr(entry) for entry in entries)
    assert len({len(entry.sealed) for entry in entries}) == 1


def test_entries_cannot_be_swapped(book: AddressBook) -> None:
    """
    An entry that is moved to another pseudonym does not send one officer's answer to the other.
    """
    book.remember(ANA, "web", "x")
    book._entries[BEN] = book._entries[ANA]

    assert book.find(BEN) is None


def test_forgotten_key_empties_the_book(clock: Clock) -> None:
    """
    When the key is forgotten, the way back is lost without an error.
    """
    sealer = Sealer([new_key()])
    book = AddressBook(sealer, clock=clock)
    book.remember(ANA, "web", "x")
    sealer.use([new_key()])

    assert book.find(ANA) is None and len(book) == 0
