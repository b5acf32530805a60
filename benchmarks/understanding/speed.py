"""
What the scorer costs: milliseconds of processor time a message, and memory, each in a process of its own.

``python -m benchmarks.understanding.speed WHAT FOLDER`` reads JSON strings, one a line, prints one object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measured(what: str, models: Path, texts: Sequence[str]) -> dict[str, float]:
    """Runs ``main`` apart: ``lexicon`` or ``whole``."""
    command = (sys.executable, "-m", "benchmarks.understanding.speed", what, str(models))
    lines = "\n".join(json.dumps(text) for text in texts)
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | ONE_THREAD, input=lines, text=True, capture_output=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(what: str, models: Path) -> None:
    """Loads, warms up, judges each text once, and prints what it took."""
    from bot.triage.layers import Layers
    from bot.triage.lexicon import Triage

    judge: Callable[[str], object]
    layers = Layers.over(Triage.load())
    began = time.process_time()
    if what == "whole":
        from bot.triage.scoring.joining import join

        assert join(layers, models)
    loading = time.process_time() - began
    judge = layers.judge
    texts = [json.loads(line) for line in sys.stdin]
    for text in texts[:20]:
        judge(text)
    times = sorted(_milliseconds(judge, text) for text in texts)
    print(
        json.dumps(
            {
                "loading": loading,
                "p50": times[len(times) // 2],
                "p95": times[int(len(times) * 0.95)],
                "most": times[-1],
                "mb": _resident() / 1e6,
            }
        )
    )


def _milliseconds(judge: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    judge(text)
    return (time.process_time() - began) * 1000


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
