"""The lexicon that is kept compiled: the same verdicts, and never taken when anything about it is not as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.triage import compiled, lexicon
from bot.triage.lexicon import FOLDER, Triage

MESSAGES = (
    "I want to eat my gun",
    "this overtime is killing me",
    "my partner says he will kill himself tonight",
    "hello",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A lexicon of our own to keep, to change and to damage."""
    for name in ("lexicon.yml", "spelling.yml"):
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def kept(folder: Path) -> Path:
    """The file in which the compiled lexicon of *folder* is kept."""
    compiled.keep(Triage.load(folder), folder)
    (file,) = (folder / "__pycache__").iterdir()
    return file


def compiles(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether loading from *folder* compiled the lexicon from its data; the verdicts must be right either way."""
    calls: list[Path] = []
    original = Triage.load

    def load(where: Path = FOLDER) -> Triage:
        calls.append(where)
        return original(where)

    monkeypatch.setattr(lexicon.Triage, "load", load)
    loaded = compiled.load(folder)
    monkeypatch.setattr(lexicon.Triage, "load", original)
    assert loaded.judge("I want to eat my gun").reply_kind == "crisis"
    return bool(calls)


def test_the_same_verdicts(folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept judges as what was compiled, and nothing is compiled again."""
    assert not compiles(folder, monkeypatch)
    ours, theirs = compiled.load(folder), Triage.load(folder)
    assert [ours.judge(text) for text in MESSAGES] == [theirs.judge(text) for text in MESSAGES]


def test_changed_data_is_compiled_anew(folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lexicon that was edited is the one that judges; of the old one nothing stays."""
    with (folder / "lexicon.yml").open("a", encoding="utf-8") as file:
        file.write("\n# a thought\n")

    assert compiles(folder, monkeypatch)
    compiled.keep(Triage.load(folder), folder)
    assert not kept.exists()
    assert len(list((folder / "__pycache__").iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"x" * 40, None], ids=["empty", "not ours", "cut short"])
def test_damage_is_compiled_anew(
    folder: Path, kept: Path, damage: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that did not arrive whole is not used, stops nothing, and is replaced by the next that keeps one."""
    kept.write_bytes(kept.read_bytes()[:-100] if damage is None else damage)
    assert compiles(folder, monkeypatch)

    compiled.keep(compiled.load(folder), folder)
    assert not compiles(folder, monkeypatch)


def test_what_others_can_write_is_not_used(folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another account could have changed is not read."""
    kept.chmod(0o666)
    assert compiles(folder, monkeypatch)


def test_nowhere_to_keep_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written the lexicon is compiled each time, and no error comes of it."""
    (folder / "__pycache__").write_text("in the way")
    compiled.keep(Triage.load(folder), folder)
    assert compiles(folder, monkeypatch)


def test_what_it_is_made_of_is_summed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that finds nothing kept reads all data and code once, for looking and for keeping."""
    summed: list[Path] = []
    real = compiled._place
    monkeypatch.setattr(compiled, "_place", lambda of: summed.append(of) or real(of))  # type: ignore[func-returns-value]

    compiled.keep(compiled.load(folder), folder)

    assert summed == [folder]
    assert real(folder).exists()
