"""
The sample bot as the tests use it: its sources, a model trained once, and a process that serves it.

``python -m tests.assistant.sample STATE MODELS LEVEL`` is that process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.assistant.training import Sources, needs_training, train
from bot.settings import Settings

FOLDER = Path(__file__).parent / "sample_bot"
SOURCES = Sources(FOLDER, "tests.assistant.sample_bot.actions")


def settings(state: Path, models: Path, level: str = "DEBUG") -> Settings:
    """For the sample bot; it is given 1.5 s a message, so that the tests of what hangs are short."""
    return Settings(state_dir=state, model_dir=models, log_level=level, assistant_patience=1.5)


def trained(models: Path) -> Path:
    """The folder of a model of the present sample bot."""
    wanted = settings(models, models)
    if needs_training(wanted, SOURCES):
        train(wanted, sources=SOURCES)
    return models


if __name__ == "__main__":
    from bot.assistant import server

    server.run(settings(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]), SOURCES)
