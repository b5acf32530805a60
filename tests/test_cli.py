"""The command: every part of it explains itself, and the measuring contract holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

COMMANDS = ["run", "serve", "assistant", "desk", "train", "shell", "assess", "keys", "doctor", "desk-user"]


def sidedoor(*arguments: str, given: bytes = b"", seconds: float = 240) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, timeout=seconds, check=False)


def test_help_names_every_command() -> None:
    """``sidedoor --help`` lists every command with a sentence."""
    shown = sidedoor("--help").stdout.decode()

    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str) -> None:
    """Each command has a help page that says more than its name."""
    shown = sidedoor(command, "--help")

    assert shown.returncode == 0
    assert len(shown.stdout) > 200


def test_keys_by_hand(tmp_path: Path) -> None:
    """Keys can be made, listed, rotated and forgotten, and no key is ever shown."""
    state = ("--state", str(tmp_path / "s"))

    codes = [
        sidedoor("keys", *arguments, *state).returncode
        for arguments in (["create"], ["rotate", "tracker"], ["status"], ["forget", "tracker", "old"])
    ]
    shown = sidedoor("keys", "status", *state)

    assert codes == [0, 0, 0, 0]
    keys = [path.read_bytes() for path in (tmp_path / "s" / "keys").iterdir()]
    assert keys and not any(key.hex().encode() in shown.stderr or key in shown.stderr for key in keys)


def test_fault_is_one_line(tmp_path: Path) -> None:
    """A fault of the operator's is one line that names it, without a traceback."""
    done = sidedoor("keys", "rotate", "nonsense", "--state", str(tmp_path / "s"))

    assert done.returncode == 2
    assert b"Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 2


LINES = [
    b"what is an EAP",
    b"I am going to kill myself tonight",
    b"",
    b"\xff\xfe\xfd",
    b"x" * 1_000_000,
    b"this overtime is killing me, badge 4412",
]


def objects(*arguments: str) -> list[dict]:
    done = sidedoor("assess", *arguments, given=b"\n".join(LINES) + b"\n")
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("arguments, extra", [((), {"intent", "confidence"}), (("--triage-only",), set())])
@pytest.mark.slow
def test_assess_keeps_its_contract(arguments: tuple[str, ...], extra: set[str]) -> None:
    """One object a line, in order; bad lines get an error and the rest goes on."""
    found = objects(*arguments)

    assert len(found) == len(LINES)
    good = [found[i] for i in (0, 1, 5)]
    assert all(set(one) == {"level", "reply_kind", "redacted"} | extra for one in good)
    assert all("error" in found[i] for i in (2, 3, 4))
    assert [one["reply_kind"] for one in good] == ["normal", "crisis", "normal"]
    assert "4412" not in good[2]["redacted"]


@pytest.mark.slow
def test_explain_shows_rules_and_no_words() -> None:
    """``--explain`` adds rule ids, whom it is about and the scores, and never a word of the message."""
    plain, crisis, *_, idiom = objects("--triage-only", "--explain")

    for found, line in ((plain, LINES[0]), (crisis, LINES[1]), (idiom, LINES[5])):
        reasons = {key: found[key] for key in ("rules", "subject", "scores")}
        assert set(found) == {"level", "reply_kind", "redacted", *reasons}
        assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", rule) for rule in reasons["rules"])
        assert all(0 <= share <= 1 for share in reasons["scores"].values())
        shown = set(re.findall(r"[a-z0-9]+", json.dumps(reasons).lower()))
        assert not shown & {word.decode().lower() for word in line.replace(b",", b"").split() if len(word) > 3}
    assert "self.intent" in crisis["rules"] and crisis["subject"] == "self"
    assert not any(rule.startswith(("now.", "harm.", "other.")) for rule in plain["rules"] + idiom["rules"])


@pytest.mark.slow
def test_shell_answers_line_by_line(tmp_path: Path) -> None:
    """``shell --json`` answers every line in order, a crisis without waiting for the assistant."""
    lines = [
        b"I am going to kill myself tonight",
        b"will my sergeant find out if I call the EAP?",
        b"delete everything",
    ]

    done = sidedoor("shell", "--json", "--state", str(tmp_path / "s"), given=b"\n".join(lines) + b"\n")

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["reply_kind"] for answer in answers] == ["crisis", "normal", "normal"]
    assert answers[0]["ms"] < 100
    assert "EAP" in json.dumps(answers[1]["replies"])
