"""A referral: consent, sealed at once to the provider, a receipt without a name, and counts that betray nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app
from bot.crypto.sealing import new_provider_keys
from bot.crypto.signing import new_webhook_secret
from bot.errors import CannotOpenError, DataError
from bot.handoff.delivery import Delivery
from bot.handoff.duty import Endpoint
from bot.handoff.notices import Notice, Result
from bot.referral import partners, sealed
from bot.referral.officer import ReferralSide
from bot.referral.partners import Partner, Partners
from bot.referral.receipts import KEPT_DAYS, SMALLEST, Receipts, Said, State, new_code, receipts
from bot.settings import ROOT, Settings
from bot.wiring import Receiving
from bot.wording import Reply
from tests.handoff.builders import COLE, RIVERA, WORDING, FakeClock

PRIVATE, PUBLIC = new_provider_keys()
PEERS = Partner(
    "peers", "River County Peer Team", "river_county_peers", PUBLIC, "a phone number", "two days",
    Endpoint("referral/peers", "webhook", "https://peers.example.org", ("x",)),
)  # fmt: skip
DETAILS = "Sam, (212) 555-0142, evenings"


class World:
    """An officer's side, the receipts, and a provider who gets what is delivered."""

    def __init__(self, folder: Path, every: Sequence[Partner] = (PEERS,)) -> None:
        self.clock = FakeClock(1_800_000_000.0)
        self.store = Receipts(folder / "referral.db")
        self.store.clock = self.clock  # type: ignore[method-assign]
        taking = Partners(tuple(every))
        self.side = ReferralSide(taking, lambda: self.store, WORDING)
        self.got: list[Notice] = []
        self.results: list[Result] = []
        self.delivery = Delivery(self.store, lambda: self.store.letters, taking.endpoint, self.receive)

    async def receive(self, endpoint: Endpoint, notice: Notice) -> Result:
        self.got.append(notice)
        return self.results.pop(0) if self.results else Result(True, "ok")

    async def deliver(self) -> None:
        await self.delivery.round()
        await self.delivery.idle()

    async def press(self, choice: str, who: Any = RIVERA) -> Reply:
        replies = await self.side.choose(who, choice, "web")
        assert replies
        return replies[0]

    async def types(self, text: str, who: Any = RIVERA) -> Reply:
        assert self.side.expects(who)
        return (await self.side.hear(who, text, "web"))[0]

    async def sends(self) -> str:
        """The whole way; returns the receipt code."""
        await self.press("/referral_to:peers")
        await self.press("/referral_go")
        await self.types(DETAILS)
        return (await self.press("/referral_send")).text.split("code: ")[1].split()[0]

    async def comes_back(self, code: str) -> Reply:
        await self.press("/referral_receipt")
        return await self.types(code)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_consent_comes_before_words(world: World) -> None:
    """
    Who, what they get and what they never get is said first; what was typed is shown before it is sent.
    """
    begin = await world.press("/referral")
    consent = await world.press("/referral_to:peers")
    assert not world.side.expects(RIVERA)
    await world.press("/referral_go")
    check = await world.types(DETAILS)
    await world.deliver()

    assert "River County Peer Team: two days" in begin.text
    assert all(part in consent.text for part in ("what you type next", "never get", "nobody here can read it"))
    assert DETAILS in check.text and world.got == []


async def test_nothing_is_sealed_to_a_key_that_has_run_out(tmp_path: Path) -> None:
    """
    A provider whose key has run out is not offered and cannot be chosen; who has a receipt from before still sees it.
    """
    today = datetime.now(UTC).date()
    code = await World(tmp_path).sends()
    expired = World(tmp_path, [replace(PEERS, key_until=today - timedelta(days=2))])
    valid = World(tmp_path, [replace(PEERS, key_until=today + timedelta(days=2))])

    assert "River County" not in (await expired.press("/referral")).text
    assert "River County" not in (await expired.press("/referral_to:peers")).text
    assert "River County" in (await expired.comes_back(code)).text
    assert "River County" in (await valid.press("/referral")).text


async def test_only_the_provider_can_read_it(world: World, tmp_path: Path) -> None:
    """
    What is delivered opens with the provider's key; what the officer typed is in no file and no object of ours.
    """
    await world.sends()
    await world.deliver()
    body = json.dumps({"type": world.got[0].kind, "data": world.got[0].content | {"sealed": world.got[0].attachment}})
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert sealed.read(PRIVATE, body) == DETAILS
    assert sealed.read(PRIVATE, world.got[0].file) == DETAILS
    assert b"555-0142" not in left and b"Sam" not in left
    with pytest.raises(CannotOpenError):
        sealed.read(new_provider_keys()[0], body)
    with pytest.raises(CannotOpenError):
        sealed.read(PRIVATE, body.replace(str(world.got[0].content["id"]), "0" * 32))


async def test_between_typing_and_sending_it_is_sealed(world: World) -> None:
    """
    While the officer thinks about it, memory holds sealed bytes; a stop drops them.
    """
    await world.press("/referral_to:peers")
    await world.press("/referral_go")
    await world.types(DETAILS)
    held = world.side._drafts[RIVERA]
    await world.press("/referral_stop")

    assert held.sealed and DETAILS.encode() not in held.sealed and DETAILS not in repr(held)
    assert not world.side._drafts


async def test_receipt_shows_how_it_stands(world: World) -> None:
    """
    With the code, whoever has it sees the state: on its way, delivered, or not delivered; another code leads nowhere.
    """
    code = await world.sends()
    before = await world.comes_back(code.lower().replace("-", " "))
    await world.deliver()
    after = await world.comes_back(code)

    assert "still on its way" in before.text and "has arrived" in after.text
    assert "no such code" in (await world.comes_back(new_code())).text


async def test_not_delivered_is_said(world: World) -> None:
    """
    A letter that dies leaves a receipt that says so, and its content is gone.
    """
    world.results = [Result(False, "HTTP 410", final=True)]
    code = await world.sends()
    await world.deliver()

    found = world.store.find(code)
    assert found and found.state is State.NOT_DELIVERED
    assert [letter.word for letter in world.store.letters.dead()] == ["HTTP 410"]
    assert "could not be delivered" in (await world.comes_back(code)).text


async def test_taken_back_before_it_left(world: World, tmp_path: Path) -> None:
    """
    A referral that is still here never leaves, and nothing of it stays.
    """
    code = await world.sends()
    await world.comes_back(code)
    await world.press("/referral_withdraw")
    await world.deliver()

    assert world.got == []
    assert "taken it back" in (await world.comes_back(code)).text


async def test_taken_back_after_it_arrived(world: World) -> None:
    """
    The provider is told, by the reference they know, and by nothing else.
    """
    code = await world.sends()
    await world.deliver()
    await world.comes_back(code)
    await world.press("/referral_withdraw")
    await world.deliver()

    assert [notice.kind for notice in world.got] == ["referral.new", "referral.withdrawn"]
    assert world.got[1].content == {"id": world.got[0].content["id"]}


async def test_a_receipt_is_gone_after_half_a_year(world: World, tmp_path: Path) -> None:
    """
    The running edge sweeps by itself: of a receipt that has run out nothing is in any file, a younger one stays.
    """
    old, young = await world.sends(), await world.sends()
    await world.deliver()
    with world.store.writing() as db:
        reference = db.execute(sa.select(receipts.c.reference)).scalar()
        day = (datetime.now(UTC) - timedelta(days=KEPT_DAYS + 1)).date().isoformat()
        db.execute(receipts.update().where(receipts.c.reference == reference).values(day=day))
    world.store.dispose()

    receiving = Receiving(Settings(state_dir=tmp_path, referral_file=tmp_path / "partners.yml"))
    sweeping = asyncio.create_task(receiving.sweep_daily())
    async with asyncio.timeout(20):
        while reference.encode() in b"".join(path.read_bytes() for path in tmp_path.glob("referral.db*")):
            await asyncio.sleep(0.02)
    sweeping.cancel()

    assert sorted(receiving.store.find(code) is not None for code in (old, young)) == [False, True]
    receiving.store.dispose()


async def test_one_word_per_receipt(world: World) -> None:
    """
    Another word takes the first one's place; pressing twice counts once.
    """
    code = await world.sends()
    await world.comes_back(code)
    for word in ("waited_three_weeks", "helped", "helped"):
        await world.press(f"/referral_said:{word}")

    with world.store.reading() as db:
        found = {row.word: row.count for row in db.exec_driver_sql("SELECT word, count FROM counts")}
    assert found == {"waited_three_weeks": 0, "helped": 1}


@pytest.mark.parametrize("number", [0, 1, SMALLEST - 1, SMALLEST, SMALLEST + 4])
def test_small_counts_are_shown_to_nobody(world: World, number: int) -> None:
    """
    Ten officers' word is not shown, eleven officers' is.
    """
    for _ in range(number):
        receipt = world.store.find(world.store.send(PEERS, sealed.new_reference(), b"x"))
        assert receipt and world.store.say(receipt.id, Said.HELPED)

    shown = world.store.public_counts()
    assert shown == ({"river_county_peers": {"helped": number}} if number >= SMALLEST else {})


async def test_counts_stand_beside_the_provider(world: World) -> None:
    """
    Who chooses a provider sees what at least eleven officers said.
    """
    for _ in range(12):
        receipt = world.store.find(world.store.send(PEERS, sealed.new_reference(), b"x"))
        assert receipt and world.store.say(receipt.id, Said.HELPED)

    assert "12 officers said it helped." in (await world.press("/referral")).text


async def test_a_broken_store_sends_nothing_and_says_so(world: World) -> None:
    """
    When the receipt cannot be written, nothing is sent, and the officer reads that with the numbers.
    """
    await world.press("/referral_to:peers")
    await world.press("/referral_go")
    await world.types(DETAILS)
    world.store.path = Path("/proc/none/referral.db")
    world.store.dispose()

    assert "nothing was sent" in (await world.press("/referral_send")).text


async def test_two_officers_do_not_mix(world: World) -> None:
    """
    Each has a draft of their own, and a forgotten one is gone.
    """
    for who in (RIVERA, COLE):
        await world.press("/referral_to:peers", who)
        await world.press("/referral_go", who)
    assert world.side.forget(COLE) == 1

    assert world.side.expects(RIVERA) and not world.side.expects(COLE)


@given(text=st.text(min_size=1, max_size=600))
def test_any_words_come_back_as_they_were(text: str) -> None:
    """
    What was typed is what the provider reads, whatever it is, and its length shows in steps only.
    """
    reference = sealed.new_reference()
    raw = sealed.seal(PUBLIC, reference, text)
    import base64

    content = json.dumps({"data": {"id": reference, "sealed": base64.b64encode(raw).decode()}})

    assert sealed.read(PRIVATE, content) == text.encode("utf-8", "replace").decode()
    assert (len(raw) - len(sealed.seal(PUBLIC, reference, ""))) % 512 == 0


def test_provider_at_the_command_line(tmp_path: Path) -> None:
    """
    ``referral keys`` makes a private file and prints the public key; ``referral open`` reads what was sealed to it.
    """
    runner = CliRunner()
    key = tmp_path / "provider.key"
    made = runner.invoke(app, ["referral", "keys", str(key)])
    public = next(line for line in made.stdout.splitlines() if line.endswith("="))
    reference = sealed.new_reference()
    import base64

    notice = Notice(
        "m", "referral.new", {"id": reference}, base64.b64encode(sealed.seal(public, reference, DETAILS)).decode()
    )
    (tmp_path / "referral.sealed").write_text(notice.file)
    opened = runner.invoke(app, ["referral", "open", str(tmp_path / "referral.sealed"), "--key", str(key)])

    assert key.stat().st_mode & 0o777 == 0o600
    assert opened.stdout.strip() == DETAILS


def test_file_of_providers(tmp_path: Path) -> None:
    """
    The example is a good file; a key that is none, a messenger as the way, and a double id are named with their line.
    """
    good = (ROOT / "examples" / "referral.yml").read_text()
    (tmp_path / "peers.secret").write_text(new_webhook_secret())
    (tmp_path / "mail.secret").write_text("x")
    (tmp_path / "good.yml").write_text(good)
    assert [partner.id for partner in partners.load(tmp_path / "good.yml").every] == ["peers", "dr_lane"]

    bad = good.replace("ZLCA=", "ZLCA", 1).replace("{email: office@lane.example.org}", '{telegram: "-1005550101"}')
    (tmp_path / "bad.yml").write_text(bad.replace("id: dr_lane", "id: peers"))
    with pytest.raises(DataError) as raised:
        partners.load(tmp_path / "bad.yml")

    assert "bad.yml: line 7: partners[1].public_key: must be the public key" in str(raised.value)
    assert "must be a webhook or an email" in str(raised.value) and "ids must differ" in str(raised.value)
