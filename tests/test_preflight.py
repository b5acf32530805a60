"""A process that could not keep its promises does not start, and says why in words that name no value."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import preflight, wiring
from bot.assistant import training
from bot.errors import PreflightError
from bot.settings import ROOT, Settings

SENTRY = "import sys, types as t; sys.modules['sentry_sdk'] = t.SimpleNamespace(Hub=t.SimpleNamespace(current=t.SimpleNamespace(client=1))); "
QUIET = "from bot.logs import lock_down, faults; lock_down('INFO', 'assistant', rasa=True); "


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A state folder in order; the log is judged by tests of its own, since pytest has its hands on it here."""
    monkeypatch.setattr(preflight.logs, "faults", list)
    made = Settings(state_dir=tmp_path / "state", model_dir=tmp_path / "models")
    wiring.prepare(made)
    return made


@pytest.mark.parametrize("process", ["edge", "assistant", "desk"])
def test_what_is_in_order_starts(settings: Settings, process: str) -> None:
    """A fresh installation has no faults."""
    assert preflight.faults(settings, process) == []


def opened_folder(settings: Settings) -> None:
    settings.state_dir.chmod(0o755)


def opened_database(settings: Settings) -> None:
    (settings.state_dir / "tracker.db").touch()
    (settings.state_dir / "tracker.db").chmod(0o644)


def opened_key(settings: Settings) -> None:
    next(settings.keys_dir.glob("tracker.*")).chmod(0o640)


def lost_key(settings: Settings) -> None:
    next(settings.keys_dir.glob("tracker.*")).unlink()


def store_in_a_folder(settings: Settings) -> None:
    settings.tracker_db.mkdir(mode=0o700)


def changed_model(settings: Settings) -> None:
    settings.model_dir.mkdir()
    path = training._model_path(settings, None)
    path.write_bytes(b"another model")
    training._checksum_path(path).write_text("0" * 64)


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        (opened_folder, "the state folder is open"),
        (opened_database, "tracker.db in the state folder is open"),
        (opened_key, "tracker: a key file can be read by others"),
        (lost_key, "tracker: there is no key"),
        (store_in_a_folder, "the tracker store cannot be written"),
        (changed_model, "the model is not the one that was trained"),
    ],
)
def test_the_assistant_refuses(settings: Settings, breaking: Callable[[Settings], None], said: str) -> None:
    """Each thing that is not as promised stops the start, alone, by its name."""
    breaking(settings)

    with pytest.raises(PreflightError, match=said) as refused:
        preflight.refuse(settings, "assistant")

    assert str(refused.value).count("\n") == 1
    assert str(settings.state_dir) not in str(refused.value)


def test_a_store_on_a_server_that_is_away(settings: Settings) -> None:
    """Without its database server the assistant does not start; the URL with its password is not repeated."""
    from dataclasses import replace

    from bot.settings import Secret

    away = replace(settings, database_url=Secret("postgresql://canary:canary@127.0.0.1:1/x"))

    found = preflight.faults(away, "assistant")

    assert len(found) == 1 and "store" in found[0] and "canary" not in found[0]


def test_a_key_of_another_process_does_not_matter(settings: Settings) -> None:
    """The desk starts although the tracker's key is not in order: it has no business with it."""
    opened_key(settings)

    assert preflight.faults(settings, "desk") == []


def test_a_desk_in_public_needs_tls(settings: Settings) -> None:
    """A desk that listens beyond the machine without secure cookies does not start."""
    from dataclasses import replace

    assert preflight.faults(replace(settings, allow_public_bind=True), "desk") != []
    assert preflight.faults(replace(settings, allow_public_bind=True, secure_cookies=True), "desk") == []


def in_a_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", QUIET + code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        ("", "[]"),
        ("import logging; logging.basicConfig(force=True); ", "print what is said"),
        ("import logging; logging.root.addHandler(logging.StreamHandler()); ", "print what is said"),
        ("import structlog; structlog.configure(processors=[structlog.dev.ConsoleRenderer()]); ", "structlog"),
        ("import os; os.environ['RASA_TELEMETRY_ENABLED'] = 'true'; ", "telemetry"),
        (SENTRY, "Sentry"),
        ("import logging; logging.Logger.callHandlers = lambda self, record: None; ", "past the lock"),
    ],
)
def test_a_log_that_would_talk_is_noticed(breaking: str, said: str) -> None:
    """Whatever a library does to the lock-down after it was closed is found before the process serves anybody."""
    assert said in in_a_process(f"{breaking}print(faults())")


def test_an_unlocked_log_is_noticed() -> None:
    """A process that never closed its log has faults."""
    from bot import logs

    assert logs.faults() != [] and logging.root is not None


def test_a_refused_assistant_says_why(tmp_path: Path) -> None:
    """`sidedoor assistant` over an open database ends at once, with one line a fault and no traceback."""
    state = tmp_path / "s"
    wiring.prepare(Settings(state_dir=state))
    (state / "tracker.db").touch()
    (state / "tracker.db").chmod(0o644)

    command = [sys.executable, "-m", "bot", "assistant", "--state", str(state)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 2
    assert "tracker.db in the state folder is open to others" in done.stderr and "Traceback" not in done.stderr
