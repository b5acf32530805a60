from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot.desk import accounts
from tests.desk.builders import DeskHouse, Person


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with one pass: what it costs is not what these tests are about."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def house(tmp_path: Path) -> DeskHouse:
    return DeskHouse(tmp_path)


@pytest.fixture
async def dana(house: DeskHouse) -> AsyncIterator[Person]:
    """A responder who has an account and is signed in."""
    house.account("dana")
    async with house.signed_in("dana") as person:
        yield person
