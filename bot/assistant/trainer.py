"""
Trains one model in a process of its own, and reports how far it is through a pipe: ``python -m bot.assistant.trainer``.

Arguments: the folder with Rasa's files, the model to write, the pipe's descriptor.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from bot.logs import lock_down

Report = Callable[[str, float], object]

_LOADED = 0.6  # Rasa's imports take longer than training a small model
_LOAD_SECONDS = 20.0
_STEPS = 16  # parts of the graph that train; only the bar depends on it


def main(root: Path, target: Path, report: Report) -> int:
    """Returns the exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)  # Rasa leaves a cache of what it trained, with the words in it, in the current folder
        loaded = threading.Event()
        threading.Thread(target=_report_loading, args=(report, loaded), daemon=True).start()
        import rasa.model_training
        from rasa.engine.training.hooks import LoggingHook

        loaded.set()
        _follow(LoggingHook, report)
        result = rasa.model_training.train(
            domain=str(root / "domain.yml"),
            config=str(root / "config.yml"),
            training_files=[str(root / "nlu_data"), str(root / "stories")],
            output=str(target.parent),
            fixed_model_name=target.name,
            force_training=True,
        )
    report("done", 1.0)
    return int(result.code)


def _report_loading(report: Report, loaded: threading.Event) -> None:
    for tick in range(1, 100):
        if loaded.wait(_LOAD_SECONDS / 50):
            return
        report("loading Rasa", _LOADED * (1 - 0.95**tick))


def _follow(hook: type, report: Report) -> None:
    """Reports each part of the graph that is done."""
    after_node, done = hook.on_after_node, 0  # type: ignore[attr-defined]

    def on_after_node(*arguments: object, **named: object) -> None:
        nonlocal done
        done += 1
        report("training", _LOADED + (1 - _LOADED) * min(done / _STEPS, 0.99))
        after_node(*arguments, **named)

    hook.on_after_node = on_after_node  # type: ignore[attr-defined]


if __name__ == "__main__":
    lock_down("ERROR", "train", rasa=True, seal_output=True)
    with open(int(sys.argv[3]), "w", encoding="ascii", buffering=1) as pipe:
        code = main(
            Path(sys.argv[1]).resolve(),
            Path(sys.argv[2]).resolve(),
            lambda step, done: pipe.write(f"{step} {done:.3f}\n"),
        )
    sys.exit(code)
