"""
``python -m benchmarks.understanding [--eval FOLDER] [--out FOLDER] [--quick] [--rasa]``: what ``make evaluate`` runs.

``--quick`` takes every tenth message and no intents; ``--rasa`` adds Rasa's own cross-validation, which takes minutes.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.understanding import intents, page, peers, sets, speed
from benchmarks.understanding.figures import Share
from benchmarks.understanding.judged import Judged, Judges
from bot.settings import ROOT, Settings
from bot.triage.levels import ReplyKind

CRISIS = ("high", "imminent")


@dataclass
class Findings:
    """All that was measured, for ``page`` to show."""

    commit: str
    must: list[tuple[str, str, str, bool | None]] = field(default_factory=list)  # what, target, measured, met
    judged: dict[str, list[Judged]] = field(default_factory=dict)
    sets: dict[str, sets.Set] = field(default_factory=dict)
    peers: dict[str, dict[str, list[bool]]] = field(default_factory=dict)  # by peer, by set
    speed: dict[str, dict[str, float]] = field(default_factory=dict)
    redaction: dict[str, tuple[int, int]] = field(default_factory=dict)  # changes, messages
    intents: dict[str, Any] = field(default_factory=dict)
    rasa: dict[str, object] = field(default_factory=dict)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0: a target that is not met is a finding, not a failure of measuring."""
    settings = Settings.load()
    step = 10 if arguments.quick else None
    found = Findings(commit=page.commit())
    invented = [sets.held_out_levels(step), sets.apart(step), sets.choosing(step), sets.tables(step)]
    chosen = [*invented, *sets.others(arguments.eval, step)]
    _say("levels")
    judges = Judges.load(settings.model_dir)
    for one in chosen:
        found.sets[one.name] = one
        found.judged[one.name] = [judges.judge(item) for item in one.items]
    _say("peers")
    for peer in peers.available():
        found.peers[peer.name] = {one.name: [peer.flags(item.text) for item in one.items] for one in chosen}
    _say("redaction")
    found.redaction = judges.redacted(chosen)
    _say("speed")
    texts = [item.text for one in chosen for item in one.items]
    for what in ("lexicon", "whole"):
        found.speed[what] = speed.measured(what, settings.model_dir, texts)
    if not arguments.quick:
        _say("intents")
        reader = intents.Reader(settings)
        found.intents = intents.measured(reader, sets.held_out_intents(None))
        found.intents["two"] = intents.of_two(reader, sets.held_out_two())
        two, one_need = sets.choosing_needs()
        found.intents["chosen"] = intents.of_two(reader, two) | {"one": intents.of_one(reader, one_need)}
    found.must = list(_must(found))
    for what, target, value, met in found.must:
        _say(f"{'met    ' if met else 'NOT MET' if met is not None else 'no data'}  {what}: {value} ({target})")
    _write(found, arguments.out)
    if arguments.rasa and not arguments.quick:
        _say("rasa test nlu")
        found.rasa = intents.rasa_cross_validation(arguments.out)
        _write(found, arguments.out)
    return 0


def _write(found: Findings, out: Path) -> None:
    page.write(found, out)
    _say(f"written: {out / 'index.html'}")


def _must(found: Findings):  # type: ignore[no-untyped-def]
    held = found.judged["held_out"]

    def rows(name: str, keep):  # type: ignore[no-untyped-def]
        return [one for one in found.judged.get(name, ()) if keep(one.item.label)]

    def least(what: str, share: Share, target: float):  # type: ignore[no-untyped-def]
        return what, f"at least {target}", str(share), share.value >= target if share.of else None

    def most(what: str, share: Share, target: float):  # type: ignore[no-untyped-def]
        return what, f"at most {target}", str(share), share.value <= target if share.of else None

    def flagged(judged: list[Judged]) -> Share:
        return Share.count(one.verdict.reply_kind is not ReplyKind.NORMAL for one in judged)

    crisis = [one for one in held if one.item.label in CRISIS]
    imminent = [one for one in held if one.item.label == "imminent"]
    yield least("own held-out, high and imminent: crisis or check_in", flagged(crisis), 0.98)
    by_crisis = Share.count(one.verdict.reply_kind is ReplyKind.CRISIS for one in imminent)
    yield least("own held-out, imminent: crisis", by_crisis, 0.97)
    yield most("own held-out, none: crisis or check_in", flagged(rows("held_out", "none".__eq__)), 0.01)
    yield most("own held-out, mild: crisis or check_in", flagged(rows("held_out", "mild".__eq__)), 0.05)
    yield least("cssrs_dev, grade 4 and up", flagged(rows("cssrs_dev", lambda grade: grade >= 4)), 0.96)
    yield least("cssrs_dev, grade 1 and up", flagged(rows("cssrs_dev", lambda grade: grade >= 1)), 0.93)
    yield most("clinc_dev: anything but normal", flagged(rows("clinc_dev", lambda _: True)), 0.01)
    score = found.intents.get("macro_f1")
    yield (
        "intents, own held-out: macro-F1",
        "at least 0.92",
        f"{score:.3f}" if score else "not run",
        (score >= 0.92 if score else None),
    )
    added = {key: found.speed["whole"][key] - found.speed["lexicon"][key] for key in ("p95", "mb")}
    yield "scorer, added latency, p95, one thread", "at most 15 ms", f"{added['p95']:.1f} ms", added["p95"] <= 15
    yield "scorer, added memory", "at most 300 MB", f"{added['mb']:.0f} MB", added["mb"] <= 300
    changed = sum(changes for changes, _ in found.redaction.values())
    of = sum(count for _, count in found.redaction.values())
    yield "redaction before triage changes the level", "0", f"{changed} of {of}", changed == 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.understanding")
    parser.add_argument("--eval", type=Path, default=ROOT.parent / "shared" / "eval")
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "understanding")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rasa", action="store_true")
    sys.exit(main(parser.parse_args()))
