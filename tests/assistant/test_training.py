"""When a model is made, how it is named, and when it is refused."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.assistant.training import Sources, find_model, fingerprint, needs_training, train
from bot.errors import PreflightError
from bot.privacy.redaction import RedactedText
from bot.settings import Settings
from bot.triage.levels import Level
from tests.assistant.sample import FOLDER, SOURCES, settings

MODEL_BYTES = b"a model"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(Path(shutil.copytree(FOLDER, tmp_path / "bot")))


@pytest.fixture
def wanted(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, model_dir=tmp_path / "models")


def place_model(wanted: Settings, sources: Sources, checksum: str) -> Path:
    wanted.model_dir.mkdir(exist_ok=True)
    path = wanted.model_dir / f"sidedoor-{fingerprint(sources)}.tar.gz"
    path.write_bytes(MODEL_BYTES)
    path.with_name(path.name + ".sha256").write_text(checksum)
    return path


def sha256() -> str:
    import hashlib

    return hashlib.sha256(MODEL_BYTES).hexdigest()


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "nlu_data/all.yml", "stories/all.yml"])
def test_every_source_counts(sources: Sources, name: str) -> None:
    """A change in any file the model is made of asks for a new model."""
    before = fingerprint(sources)
    path = sources.root / name

    path.write_text(path.read_text() + "\n# changed\n")

    assert fingerprint(sources) != before


def test_new_and_renamed_files_count(sources: Sources) -> None:
    """So does a file that is added or renamed."""
    found = [fingerprint(sources)]
    (sources.root / "nlu_data" / "new.yml").write_text("")
    found.append(fingerprint(sources))
    (sources.root / "nlu_data" / "new.yml").rename(sources.root / "nlu_data" / "other.yml")
    found.append(fingerprint(sources))

    assert len(set(found)) == 3


def test_a_sound_model_is_found(wanted: Settings, sources: Sources) -> None:
    """A model of the present sources with its checksum is used."""
    path = place_model(wanted, sources, sha256())

    assert find_model(wanted, sources) == path
    assert not needs_training(wanted, sources)


def test_a_changed_model_is_refused(wanted: Settings, sources: Sources) -> None:
    """A model that is not, byte for byte, what was trained is refused."""
    place_model(wanted, sources, "0" * 64)

    with pytest.raises(PreflightError):
        find_model(wanted, sources)
    assert needs_training(wanted, sources)


def test_a_missing_model_is_named(wanted: Settings, sources: Sources) -> None:
    """Without a model, or without sources, the error says what to do."""
    with pytest.raises(PreflightError, match="sidedoor train"):
        find_model(wanted, sources)
    with pytest.raises(PreflightError, match=r"config\.yml"):
        find_model(wanted, Sources(sources.root / "nowhere"))


@pytest.mark.slow
def test_training_leaves_one_model_and_nothing_else(wanted: Settings, sources: Sources) -> None:
    """Training reports its progress, replaces older models, and leaves no cache of what it learnt."""
    wanted.model_dir.mkdir()
    (wanted.model_dir / "sidedoor-0000000000000000.tar.gz").write_bytes(b"old")
    steps: list[tuple[str, float]] = []

    path = train(wanted, lambda step, done: steps.append((step, done)), sources)

    assert sorted(file.name for file in wanted.model_dir.iterdir()) == [path.name, path.name + ".sha256"]
    assert find_model(wanted, sources) == path
    assert [done for _, done in steps] == sorted(done for _, done in steps)
    assert steps[-1] == ("done", 1.0)
    assert not list(sources.root.rglob(".rasa"))


@pytest.mark.slow
def test_training_that_fails_is_one_error(wanted: Settings, sources: Sources) -> None:
    """Broken training data end in an error of ours, and leave no model."""
    (sources.root / "domain.yml").write_text("intents: [")

    with pytest.raises(PreflightError, match="rasa data validate"):
        train(wanted, sources=sources)
    assert list(wanted.model_dir.iterdir()) == []


@pytest.mark.slow
def test_the_parser_reads_single_messages(models: Path) -> None:
    """The model can be asked about a message without a conversation, from one event loop after the other."""
    from bot.assistant.parsing import load_parser  # Rasa's imports take 20 s

    parser = load_parser(settings(models, models), SOURCES)

    found = [asyncio.run(parser.parse(RedactedText(text), Level.NONE)) for text in ("hello", "/restart", "qqq zzz")]

    assert found[0][0] == "greet"
    assert all(0 <= confidence <= 1 for _, confidence in found)
    assert found[1][0] != "restart"
