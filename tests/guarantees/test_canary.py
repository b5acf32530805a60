"""
Drives marked identifiers through the living house, breaks it on the way, and searches all that it left behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT
from tests.guarantees.house import House, Visitor, read_json_lines, words
from tests.guarantees.search import hits

pytestmark = pytest.mark.slow

WORD = "flibbertigibbet"  # no identifier: a word of the officer's that may stand in no log and no file
IDENTIFIERS = {
    "name": "Quackenbush",
    "badge": "77341",
    "phone": "555-0142",
    "mail": "zq.canary@example.org",
    "case": "IA-2026-90417",
    "plate": "7ZQX993",
    "telegram_name": "zq_canary_user",
}
MESSAGES = [
    f"hi I'm Sgt Zebulon Quackenbush, badge 77341, {WORD}",
    f"call me at (212) 555-0142 or zq.canary@example.org {WORD}",
    f"IA opened case IA-2026-90417 on me, my plate is 7ZQX993, {WORD}",
    f"/{WORD} Quackenbush 77341",
    '/inform{"name": "Quackenbush", "badge": "77341"',
    f"will my sergeant find out if I call the EAP, {WORD}",
    f"Quackenbush here, I am going to shoot myself tonight {WORD} 77341",
    f"what about seeing someone outside the department, badge 77341 {WORD}",
    f"{WORD} " * 400 + "77341",
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All three processes at DEBUG, with Telegram on an emulator of its Bot API."""
    from tests.emulators.bot_api import BotApi

    base = tmp_path_factory.mktemp("canary")
    (base / "faults").mkdir()
    (base / "tmp").mkdir()
    with BotApi(token="123456:canary-token-for-the-emulator") as telegram:
        house = House(base / "state")
        house.environ |= {
            "SIDEDOOR_LOG_LEVEL": "DEBUG",
            "SIDEDOOR_TELEGRAM_MODE": "polling",
            "SIDEDOOR_TELEGRAM_TOKEN": telegram.token,
            "SIDEDOOR_TELEGRAM_API": telegram.url,
            "PYTHONPATH": str(Path(__file__).parent / "faults"),
            "FAULTS": str(base / "faults"),
            "TMPDIR": str(base / "tmp"),
        }
        house.telegram, house.telegram_ids = telegram, []  # type: ignore[attr-defined]
        house.start("desk")
        house.start("assistant")
        house.open_edge()
        house.wait_for(house.edge_url + "/readyz", 300)
        yield house
        house.close()


def test_nothing_is_left_behind(house: House) -> None:
    """Marked identifiers and words driven through every channel, with faults, are found in no log, output or file."""
    base = house.state.parent
    talks = 0
    for fault in ("none", "action", "nlu"):
        (base / "faults" / fault).touch()
        for visitor in (Visitor(house.edge_url), Visitor(house.edge_url)):
            talks += 1
            for message in MESSAGES:
                assert visitor.says(message), f"no answer with fault {fault}"
            visitor.says(choice="/person")
            visitor.says(choice="/person_yes")
            visitor.says(choice="/person_leave")
        telegram_talk(house)
        talks += 1
        (base / "faults" / fault).unlink()
    assert (base / "faults" / "action.seen").exists() and (base / "faults" / "nlu.seen").exists()
    malformed(house)
    talks += terminal_talk(house)
    before = (house.state / "tracker.db").read_bytes()
    (house.state / "tracker.db").write_bytes(b"\0" * 2048 + before[2048:])  # the store fails from here on
    for message in MESSAGES:
        assert Visitor(house.edge_url).says(message)

    canaries = [WORD, *IDENTIFIERS.values(), *house.telegram_ids]  # type: ignore[attr-defined]
    left = hits([house.state, house.log, base / "tmp", ROOT / ".rasa"], canaries)

    assert left == []
    print(f"\ncanary: {talks} conversations, {len(MESSAGES)} messages each, 4 faults, 0 hits")


def telegram_talk(house: House) -> None:
    user = house.telegram.user(IDENTIFIERS["name"], username=IDENTIFIERS["telegram_name"])  # type: ignore[attr-defined]
    house.telegram_ids.append(str(user.id))  # type: ignore[attr-defined]
    for message in ("/start", *MESSAGES):
        before = len(user.hears())
        user.says(message)
        end = time.monotonic() + 60
        while len(user.hears()) == before:
            assert time.monotonic() < end, "no answer on Telegram"
            time.sleep(0.05)


def malformed(house: House) -> None:
    """What a scanner or a broken client would send."""
    with httpx.Client(base_url=house.edge_url, trust_env=False, timeout=10) as client:
        headers = {"Authorization": "Bearer 77341", "User-Agent": WORD, "X-Forwarded-For": "203.0.113.77"}
        for body in (
            b"{" + WORD.encode(),
            b"\xff\xfe",
            b"[]",
            json.dumps({"id": WORD, "text": 7}).encode(),
            b"x" * 200_000,
        ):
            assert client.post("/chat/messages", content=body, headers=headers).status_code < 500
        assert client.get(f"/{WORD}?q=77341", headers=headers).status_code == 404


def terminal_talk(house: House) -> int:
    """The terminal shares keys and store with the running house."""
    talk = subprocess.run(
        [sys.executable, "-m", "bot", "shell", "--json"], cwd=ROOT, env=house.environment(), timeout=120,
        input="\n".join(MESSAGES).encode() + b"\n", capture_output=True, check=True,
    )  # fmt: skip
    answers = read_json_lines(talk.stdout)
    assert len(answers) == len(MESSAGES) and all(answer["replies"] for answer in answers)
    assert WORD not in words([{"text": talk.stderr.decode()}])
    return 1


def test_dumps_are_off(house: House) -> None:
    """No process can leave a core dump."""
    for name in ("serve", "assistant", "desk"):
        limits = Path(f"/proc/{house.processes[name].pid}/limits").read_text()

        assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")] == ["0"]


def test_state_is_closed(house: House) -> None:
    """Nobody but the owner can read anything in the state folder."""
    open_to_others = [p.name for p in [house.state, *house.state.rglob("*")] if os.stat(p).st_mode & 0o077]

    assert open_to_others == []
