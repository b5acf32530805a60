"""The doctor finds, on an installation that runs, what would break a promise, and says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import doctor, doctor_live, launch, wiring
from bot.assistant.tracker_store.rows import Rows
from bot.channels.telegram_kept import lies_in_memory
from bot.crypto.keyring import rotate
from bot.http_headers import STRICT
from bot.settings import Settings

WHO = "c0ffee" + "0" * 26
HEAD = "  sl  local_address rem_address   st\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(doctor_live.preflight.logs, "faults", list)
    made = Settings(state_dir=tmp_path / "state", model_dir=tmp_path / "models")
    wiring.prepare(made)
    return made


def test_a_sound_one_has_no_faults(settings: Settings) -> None:
    """Fresh keys, closed files and an empty store are no reason to say anything."""
    assert list(doctor_live.files_and_keys(settings)) == []
    assert list(doctor_live.left_over(settings)) == []
    assert list(doctor_live.headers(STRICT)) == []


def test_old_keys(settings: Settings) -> None:
    """A key that is older than a month is to be rotated; one that a rotation replaced a day ago is to be forgotten."""
    rotate(settings.keys_dir, "tracker")
    now = datetime.now(UTC)

    assert list(doctor_live.files_and_keys(settings, now + timedelta(hours=1))) == []
    tomorrow = list(doctor_live.files_and_keys(settings, now + timedelta(hours=26)))
    later = list(doctor_live.files_and_keys(settings, now + timedelta(days=31)))

    assert tomorrow == ["an older key for tracker is no longer needed; `sidedoor keys forget tracker`"]
    assert len([fault for fault in later if "older than 30 days" in fault]) == 5


def test_an_open_file(settings: Settings) -> None:
    """A file that others can read is named once, not once a process."""
    (settings.state_dir / "tracker.db").touch()
    (settings.state_dir / "tracker.db").chmod(0o644)

    assert list(doctor_live.files_and_keys(settings)) == [
        "tracker.db in the state folder is open to others; it must have mode 0600"
    ]


def test_what_the_sweep_left(settings: Settings) -> None:
    """A conversation that is past its time shows that the sweep does not run."""
    rows = Rows(settings.tracker_url)
    rows.write(WHO, 1000, b"sealed")
    rows.close()

    assert list(doctor_live.left_over(settings, now=1002 * 60)) == []
    assert len(list(doctor_live.left_over(settings, now=1005 * 60))) == 1


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("   0: 0100007F:1F90 00000000:0000 0A 0", 0),
        ("   0: 00000000:1F90 00000000:0000 0A 0", 1),
        ("   0: 00000000000000000000000000000000:1F9A 0:0000 0A 0", 1),
        ("   0: 00000000:1F90 00000000:0000 01 0", 0),
        ("   0: 0100007F:138D 00000000:0000 0A 0", 1),
    ],
)
def test_ports(line: str, count: int) -> None:
    """A port of ours that the network reaches, and Rasa's own port anywhere, are faults."""
    assert len(list(doctor_live.listening(Settings(), HEAD + line, HEAD))) == count


@pytest.mark.parametrize(
    "change",
    [{"Cache-Control": "public"}, {"Referrer-Policy": "origin"}, {"Server": "x"}, {"Content-Security-Policy": "*"}],
)
def test_headers_that_a_proxy_changed(change: dict[str, str]) -> None:
    """What a proxy weakens or adds is noticed."""
    assert list(doctor_live.headers(STRICT | change)) != []


def test_nothing_runs(settings: Settings) -> None:
    """Where nothing runs, the doctor says so instead of failing."""
    from dataclasses import replace

    found = doctor_live.faults(replace(settings, edge_port=1, desk_port=1))

    assert [fault for fault in found if "does not answer" in fault] == found and len(found) == 2


def test_several_edges(settings: Settings) -> None:
    """Several edges want Telegram, a port each and a place in memory; one edge wants none of it."""
    sound = replace(settings, edges=2, telegram_mode="webhook")
    wrong = replace(settings, edges=8, edge_port=8085, memory_dir=settings.state_dir / "missing")

    assert list(doctor._edges(settings)) == []
    assert [finding.well for finding in doctor._edges(sound)] == [True, lies_in_memory(sound.memory_dir)]
    assert [finding.what.split()[0] for finding in doctor._edges(wrong) if not finding.well] == [
        "SIDEDOOR_EDGES", "SIDEDOOR_EDGES", "SIDEDOOR_MEMORY_DIR"
    ]  # fmt: skip
    assert [name for name, _ in doctor._processes(sound)] == ["edge", "edge 2", "assistant", "desk"]


def test_every_edge_is_started(settings: Settings) -> None:
    """``sidedoor run`` starts each edge on a port of its own."""
    started = launch.edge_children(replace(settings, edges=3, edge_port=8080))

    assert [child.command[-3:] for child in started] == [("serve", "--port", str(port)) for port in (8080, 8081, 8082)]
