"""
Measures the safety net: what it catches, what it alarms at without need, how fast it is. Prints figures, never a text.

``python benchmarks/triage.py [FOLDER]``: the invented tables of tests/triage, and the labelled sets in FOLDER, if there
is one: ``cssrs_dev.csv`` (columns text, label 0 to 6) and ``clinc_dev.csv`` (column text).
"""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import yaml

from bot.triage.levels import ReplyKind, Verdict
from bot.triage.lexicon import Triage

TABLES = Path(__file__).resolve().parents[1] / "tests" / "triage"
TABLE_NAMES = [
    *("crisis", "crisis_others", "veiled", "wider", "open", "strain"),
    *("benign", "benign_more", "benign_wider", "benign_long"),
]


def wilson(found: int, of: int) -> str:
    """The share with its 95 % interval (Wilson 1927), as text."""
    if not of:
        return "no rows"
    share, z = found / of, 1.96
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{share:.3f} ({centre - half:.3f}-{centre + half:.3f}), {found} of {of}"


def flagged(verdicts: Iterable[Verdict]) -> str:
    """How many get anything but a normal reply."""
    replies = [verdict.reply_kind is not ReplyKind.NORMAL for verdict in verdicts]
    return wilson(sum(replies), len(replies))


def invented(triage: Triage) -> Iterator[str]:
    """The tables of the tests, which the lexicon must pass whole."""
    for name in TABLE_NAMES:
        groups = yaml.safe_load((TABLES / f"{name}.yml").read_text(encoding="utf-8"))
        phrases = [phrase for group in groups for phrase in group["phrases"].splitlines()]
        yield f"{name + '.yml':<28} asked or alarmed  {flagged(map(triage.judge, phrases))}"


def graded(triage: Triage, folder: Path) -> Iterator[str]:
    """The sets with labels; lines for those that are there."""
    if (folder / "cssrs_dev.csv").exists():
        rows = _rows(folder / "cssrs_dev.csv")
        posts = [(int(float(row["label"])), triage.judge(row["text"])) for row in rows]
        bands: tuple[tuple[str, Callable[[int], bool]], ...] = (
            ("4 and up", lambda grade: grade >= 4),
            ("1 and up", lambda grade: grade >= 1),
            ("0", lambda grade: grade == 0),
        )
        for name, is_in in bands:
            chosen = [verdict for grade, verdict in posts if is_in(grade)]
            yield f"{'cssrs_dev, grade ' + name:<28} asked or alarmed  {flagged(chosen)}"
        yield f"{'cssrs_dev':<28} {timed(triage, [row['text'] for row in rows])}"
    if (folder / "clinc_dev.csv").exists():
        texts = [row["text"] for row in _rows(folder / "clinc_dev.csv")]
        yield f"{'clinc_dev':<28} asked or alarmed  {flagged(map(triage.judge, texts))}"
        yield f"{'clinc_dev':<28} {timed(triage, texts)}"


def timed(triage: Triage, texts: Sequence[str]) -> str:
    """Milliseconds of processor time for one message, so that a busy machine does not count."""
    times = sorted(_milliseconds(triage, text) for text in texts)
    return f"p50 {times[len(times) // 2]:.2f} ms, p95 {times[int(len(times) * 0.95)]:.2f} ms, most {times[-1]:.2f} ms"


def _milliseconds(triage: Triage, text: str) -> float:
    began = time.process_time()
    triage.judge(text)
    return (time.process_time() - began) * 1000


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def main() -> None:
    """Prints the whole measure."""
    began = time.process_time()
    triage = Triage.load()
    print(f"{triage.pattern_count} patterns, loaded in {time.process_time() - began:.2f} s of processor time")
    for line in invented(triage):
        print(line)
    for line in graded(triage, Path(sys.argv[1]) if len(sys.argv) > 1 else Path()):
        print(line)


if __name__ == "__main__":
    main()
