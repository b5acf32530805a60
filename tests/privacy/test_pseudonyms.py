"""A pseudonym is stable while it is needed, and says nothing about whose it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.crypto.keyring import Keyring, create, forget, rotate
from bot.errors import KeyFileError
from bot.privacy.pseudonyms import Pseudonyms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def keyring(folder: Path) -> Keyring:
    return Keyring(folder, ["pseudonyms"])


def test_same_sender_same_pseudonym(folder: Path) -> None:
    """
    A sender keeps one pseudonym across restarts of the edge, 32 hexadecimal digits long.
    """
    first, again = (Pseudonyms(Keyring(folder, ["pseudonyms"])).of("telegram", "70001") for _ in range(2))

    assert first == again and re.fullmatch(r"[0-9a-f]{32}", first)


def test_nobody_is_the_same_twice_elsewhere(keyring: Keyring) -> None:
    """
    The same id on two channels is two people, and no two pairs of channel and sender can run into one another.
    """
    pseudonyms = Pseudonyms(keyring)
    pairs = [("web", "70001"), ("telegram", "70001"), ("web7", "0001"), ("we", "b70001"), ("web", ""), ("", "web")]

    assert len({pseudonyms.of(*pair) for pair in pairs}) == len(pairs)


def test_rotation_keeps_a_conversation_together(folder: Path, keyring: Keyring) -> None:
    """
    A conversation that began before a rotation goes on under its pseudonym; a new one gets a new one.
    """
    pseudonyms = Pseudonyms(keyring)
    before = pseudonyms.of("web", "a")
    rotate(folder, "pseudonyms")
    keyring.refresh()

    assert pseudonyms.of("web", "a", known={before}.__contains__) == before
    assert pseudonyms.of("web", "a", known=set().__contains__) != before
    assert pseudonyms.all_of("web", "a") == (pseudonyms.of("web", "a"), before)


def test_forgotten_key_forgets_who_it_was(folder: Path, keyring: Keyring) -> None:
    """
    Once the old key is gone, nothing connects an old pseudonym with its sender.
    """
    pseudonyms = Pseudonyms(keyring)
    before = pseudonyms.of("web", "a")
    rotate(folder, "pseudonyms")
    forget(folder, "pseudonyms")
    keyring.refresh()

    assert before not in pseudonyms.all_of("web", "a")


def test_only_the_edge_can_make_one(folder: Path) -> None:
    """
    A process without the key cannot even test whether a guess is right.
    """
    with pytest.raises(KeyFileError):
        Pseudonyms(Keyring(folder, ["tracker"])).of("telegram", "70001")


def test_odd_senders_are_people_too(keyring: Keyring) -> None:
    """
    An id that is no valid Unicode does not stop a message.
    """
    assert Pseudonyms(keyring).of("web", "\ud800") != Pseudonyms(keyring).of("web", "\ud801")
