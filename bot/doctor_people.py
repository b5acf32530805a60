"""
Checks who is called and who takes referrals: the operator's two files, and whether anybody could be told right now.
"""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalogue.loading import Fault
from bot.errors import DataError, SidedoorError
from bot.handoff import duty
from bot.handoff.duty import Duty, Endpoint, Tier
from bot.handoff.senders import Senders
from bot.referral import partners
from bot.settings import Settings
from bot.wording import Wording

if TYPE_CHECKING:
    from bot.desk.accounts import Row

HOURS_AHEAD = 7 * 24
KEY_NOTICE_DAYS = 14
_SECRET_FILE = re.compile(r"\b(secret_file|password_file|token_file):\s*[\"']?([^\s\"',}#]+)")


async def findings(settings: Settings, now: datetime | None = None) -> AsyncIterator[tuple[bool, str]]:
    """Whether each thing is well, and what it is; an address is never quoted, a way is named as at the desk."""
    now = now or datetime.now(UTC)
    for check in (_duty, _referral):
        try:
            async for finding in check(settings, now):
                yield finding
        except DataError as error:
            for fault in str(error).splitlines():
                yield False, fault
        except SidedoorError as error:
            yield False, str(error)


async def _duty(settings: Settings, now: datetime) -> AsyncIterator[tuple[bool, str]]:
    found = duty.of(settings)
    accounts = await asyncio.to_thread(_accounts, settings)
    if not accounts:
        yield False, "nobody has an account at the desk; `sidedoor desk-user add`"
    if settings.duty_file is None:
        yield True, "no duty file: people on duty are called on the desk's page, and told nowhere else"
        return
    for fault in (*_lists(found, accounts, settings.duty_file), *_hours(found, now, settings.duty_file)):
        yield False, fault
    for fault in _open_files(settings.duty_file):
        yield False, fault
    ways = list(dict.fromkeys((*found.staffing, *(way for tier in found.tiers for way in tier.endpoints))))
    if not any(tier.endpoints for tier in found.tiers):
        yield (
            False,
            str(Fault(settings.duty_file.name, 1, "tiers", "no tier has a way to tell: a call shows on the page")),
        )
    async for finding in _ways(found, ways):
        yield finding
    hours = sum(any(tier.open_at(moment) for tier in found.tiers) for moment in _coming(now))
    yield True, f"in the coming week somebody is called in {hours} of {HOURS_AHEAD} hours"


async def _referral(settings: Settings, now: datetime) -> AsyncIterator[tuple[bool, str]]:
    path = settings.referral_file
    if path is None:
        return
    found = partners.of(settings)
    for fault in (*_expired(found, now.date(), path), *_open_files(path)):
        yield False, fault
    async for finding in _ways(found.ways, [partner.endpoint for partner in found.every]):
        yield finding
    taking = sum(partner.takes(now.date()) for partner in found.every)
    yield taking > 0, f"{taking} of {len(found.every)} providers take referrals"


def _accounts(settings: Settings) -> list[Row]:
    from bot.desk import accounts

    return accounts.listing(settings.desk_db) if settings.desk_db.exists() else []


def _lists(found: Duty, accounts: Sequence[Row], path: Path) -> Iterator[str]:
    """People without an account, tiers without people, accounts without a tier."""
    known = {account.name.casefold() for account in accounts}
    in_tiers = [found.tier_of(account.name, account.tier) for account in accounts]
    for number, tier in enumerate(found.tiers, start=1):
        if missing := len(tier.people - known):
            yield _at(
                path, number, tier, "people", f"{missing} of the {len(tier.people)} named have no account at the desk"
            )
        if number not in in_tiers and not tier.endpoints:
            yield _at(
                path, number, tier, "people", "has nobody: no account is in this tier, and no way to tell anybody"
            )
    if lost := in_tiers.count(0):
        yield f"{path.name}: {lost} accounts at the desk are on no tier's list, so they are never called"


def _hours(found: Duty, now: datetime, path: Path) -> Iterator[str]:
    for number, tier in enumerate(found.tiers, start=1):
        if not any(tier.open_at(moment) for moment in _coming(now)):
            yield _at(path, number, tier, "hours", "are never open in the coming week")


def _coming(now: datetime) -> Iterator[datetime]:
    """One moment in each hour of the coming week."""
    return (now + timedelta(hours=hour) for hour in range(HOURS_AHEAD))


def _expired(found: partners.Partners, today: date, path: Path) -> Iterator[str]:
    for number, partner in enumerate(found.every, start=1):
        if partner.key_until is None:
            continue
        left = (partner.key_until - today).days
        if left < 0:
            problem = "has passed: the provider is not offered until it brings another key (`sidedoor referral keys`)"
        elif left <= KEY_NOTICE_DAYS:
            problem = f"is {left} days away: ask the provider for another key (`sidedoor referral keys`)"
        else:
            continue
        yield str(Fault(path.name, partner.line, f"partners[{number}].key_until", problem))


def _open_files(path: Path) -> Iterator[str]:
    """Secrets beside the file that others can read."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for field, name in _SECRET_FILE.findall(line.partition(" #")[0]):
            secret = path.parent / name
            if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
                yield str(Fault(path.name, number, field, "others can read the file it names; it must have mode 0600"))


async def _ways(found: Duty, ways: list[Endpoint]) -> AsyncIterator[tuple[bool, str]]:
    """Knocks at every way without telling anybody anything."""
    senders = Senders(found, Wording.load())
    results = await asyncio.gather(*(senders.reach(way) for way in ways))
    for way, result in zip(ways, results, strict=True):
        if not result.ok:
            yield False, f"{way.name}: this {way.kind} cannot be reached from here: {result.word}"
    if ways and not any(result.ok for result in results):
        yield False, f"none of the {len(ways)} ways can be reached now, so nobody would be told"
    elif ways:
        yield True, f"{sum(result.ok for result in results)} of {len(ways)} ways to tell somebody can be reached"


def _at(path: Path, number: int, tier: Tier, field: str, problem: str) -> str:
    return str(Fault(path.name, tier.line, f"tiers[{number}].{field}", problem))
