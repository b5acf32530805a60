"""The doctor reads who is called and who takes referrals, and says what is wrong with file, line and field."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import doctor_people
from bot.desk import accounts
from bot.settings import ROOT, Settings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "night shift over the river"
KEY = "C6dgLtZAYv175+vKb52PcNXoyTrtN2GTlzNyZqtZLCA="


def found(settings: Settings) -> list[tuple[bool, str]]:
    async def collect() -> list[tuple[bool, str]]:
        return [finding async for finding in doctor_people.findings(settings, NOW)]

    return asyncio.run(collect())


def faults(settings: Settings) -> list[str]:
    return [what for well, what in found(settings) if not well]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with dana (tier 1) and lee (tier 2) at the desk."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    for tier, name in enumerate(("dana", "lee"), start=1):
        accounts.add(folder / "desk.db", name, PASSWORD, tier=tier)
    return folder


def with_duty(state: Path, text: str) -> Settings:
    path = state.parent / "duty.yml"
    path.write_text(text)
    return Settings(state_dir=state, duty_file=path)


def with_partners(state: Path, text: str) -> Settings:
    path = state.parent / "referral.yml"
    path.write_text(text)
    return Settings(state_dir=state, referral_file=path)


def secret(state: Path, mode: int = 0o600) -> None:
    path = state.parent / "pager.secret"
    path.write_text("whsec_" + "A" * 32)
    path.chmod(mode)


def test_without_files_and_with_people(state: Path, tmp_path: Path) -> None:
    """Without a duty file the desk's page is the only way, which is no fault; a desk without any account is one."""
    empty = tmp_path / "empty"
    empty.mkdir()

    assert faults(Settings(state_dir=state)) == []
    assert faults(Settings(state_dir=empty)) == ["nobody has an account at the desk; `sidedoor desk-user add`"]


def test_faults_of_the_files_themselves(state: Path) -> None:
    """What cannot be read is named as the services name it: file, line, field."""
    duty = with_duty(state, "tiers:\n- name: Peers\n  seconds: 300\n")
    partners = with_partners(state, "partners:\n- id: peers\n  public_key: x\n")

    assert faults(duty)[0].startswith("duty.yml: line 3: tiers[1].seconds: ")
    assert any(fault.startswith("referral.yml: line 3: partners[1].public_key: ") for fault in faults(partners))
    assert len(faults(partners)) > 3


def test_a_tier_with_nobody(state: Path) -> None:
    """A tier whose people have no account, an account on nobody's list, and hours that never come are found."""
    settings = with_duty(
        state,
        "time_zone: America/Chicago\n"
        "tiers:\n"
        "- name: Peers\n"
        "  seconds: 30\n"
        "  people: [robin, dana]\n"
        "- name: Chaplains\n"
        "  seconds: 30\n"
        "  people: [robin]\n"
        "  hours:\n"
        "  - {byday: MO, opens_at: '08:00', closes_at: '18:00', valid_to: '2026-01-01'}\n",
    )

    assert faults(settings) == [
        "duty.yml: line 3: tiers[1].people: 1 of the 2 named have no account at the desk",
        "duty.yml: line 6: tiers[2].people: 1 of the 1 named have no account at the desk",
        "duty.yml: line 6: tiers[2].people: has nobody: no account is in this tier, and no way to tell anybody",
        "duty.yml: 1 accounts at the desk are on no tier's list, so they are never called",
        "duty.yml: line 6: tiers[2].hours: are never open in the coming week",
        "duty.yml: line 1: tiers: no tier has a way to tell: a call shows on the page",
    ]
    assert found(settings)[-1] == (True, "in the coming week somebody is called in 168 of 168 hours")


async def test_a_way_that_is_reached_and_one_that_is_not(state: Path) -> None:
    """The doctor knocks at every way without a word; a private address that nobody allowed is not even knocked at."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    secret(state)
    ways = f"{{webhook: 'http://127.0.0.1:{port}/x', secret_file: pager.secret}}"
    text = f"tiers:\n- name: Peers\n  seconds: 30\n  tell:\n  - {ways}\n"
    settings = with_duty(state, text + "allow_private: [127.0.0.0/8]\n")
    reached = [finding async for finding in doctor_people.findings(settings, NOW)]
    forbidden = [finding async for finding in doctor_people.findings(with_duty(state, text), NOW)]
    server.close()
    await server.wait_closed()

    assert (True, "1 of 1 ways to tell somebody can be reached") in reached
    assert (False, "Peers/1: this webhook cannot be reached from here: forbidden address") in forbidden
    assert (False, "none of the 1 ways can be reached now, so nobody would be told") in forbidden
    assert heard in ([], [b""])
    assert not any(str(port) in what for _, what in reached + forbidden)


def test_a_secret_that_others_can_read(state: Path) -> None:
    """A secret beside the file has to be closed to others."""
    secret(state, 0o644)
    tell = "{webhook: 'https://127.0.0.1:1/x', secret_file: pager.secret}"
    settings = with_duty(state, f"tiers:\n- name: Peers\n  seconds: 30\n  tell:\n  - {tell}\n")

    assert "duty.yml: line 5: secret_file: others can read the file it names; it must have mode 0600" in faults(
        settings
    )


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-11-21", "has passed"),
        ("2026-11-22", "is 0 days away"),
        ("2026-12-06", "is 14 days away"),
        ("2026-12-07", ""),
    ],
)
def test_keys_that_run_out(state: Path, until: str, said: str) -> None:
    """A provider's key that has run out, or soon will, is named; such a provider is not counted among those who take."""
    settings = with_partners(
        state,
        f"partners:\n- id: peers\n  name: Peers\n  public_key: '{KEY}'\n  key_until: {until}\n  asks_for: a number\n"
        "  answers_within: a day\n  deliver: {email: desk@peers.example.org}\n"
        "mail: {host: 127.0.0.1, port: 1, from: sidedoor@example.org}\n",
    )
    about_keys = [fault for fault in faults(settings) if "key_until" in fault]

    assert [fault.split("key_until: ")[1].partition(":")[0] for fault in about_keys] == [said] * bool(said)
    assert (False, "0 of 1 providers take referrals") in found(settings) or said != "has passed"


def test_the_example_has_no_fault(state: Path) -> None:
    """The example of the repository is in order once its people have accounts and its secrets are there."""
    accounts.add(state / "desk.db", "avery", PASSWORD, tier=3)
    for name in ("pager", "mail", "telegram"):
        (state.parent / f"{name}.secret").write_text("whsec_" + "A" * 32)
        (state.parent / f"{name}.secret").chmod(0o600)
    text = (ROOT / "examples" / "duty.yml").read_text()
    for was, becomes in (
        ("pager.example.org", "127.0.0.1:1"),
        ("host: mail.example.org", "host: 127.0.0.1"),
        ("token_file: telegram.secret", "token_file: telegram.secret, api: 'http://127.0.0.1:1'"),
    ):
        text = text.replace(was, becomes)

    assert not [fault for fault in faults(with_duty(state, text)) if "cannot be reached" not in fault][:-1]
    assert faults(with_duty(state, text))[-1] == "none of the 4 ways can be reached now, so nobody would be told"
