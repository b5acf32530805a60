"""
Holds the lexicon alone against the labelled messages that triage learns from: what it finds, where it alarms without
need, and which rules and patterns do so.

``python -m benchmarks.lexicon [--only NAME] [--patterns] [--missed LEVEL] [--raised LEVEL] [--unmet]``

``--only`` keeps the files whose name holds NAME; ``--patterns`` counts single patterns beside the rules; ``--missed``
and ``--raised`` print the (invented) messages of a level that got a normal reply, or more than one; ``--unmet`` lists
the patterns that no message of the data and no phrase of the tests meets.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.triage import TABLE_NAMES, TABLES, wilson
from bot.triage import compiled
from bot.triage.levels import ReplyKind, Verdict
from bot.triage.lexicon import FOLDER, Triage
from bot.yaml_files import read_yaml

EXAMPLES = FOLDER / "data" / "levels"
LEVELS = ("none", "mild", "moderate", "high", "imminent")
HARMLESS = ("none", "mild")
MOST_RULES = 25


@dataclass(frozen=True, slots=True)
class Message:
    """One labelled message: its level, the file it stands in, its words."""

    level: str
    file: str
    text: str


def messages(only: str = "") -> Iterator[Message]:
    """The messages of the files whose name holds *only*."""
    for path in sorted(EXAMPLES.glob("*.yml")):
        if only in path.name:
            for group in read_yaml(path):
                for text in group["utterances"]:
                    yield Message(group["level"], path.name, str(text))


def phrases() -> Iterator[str]:
    """The phrases of the tests, which the lexicon must judge rightly."""
    for name in TABLE_NAMES:
        for group in read_yaml(TABLES / f"{name}.yml"):
            yield from group["phrases"].splitlines()


def judged(triage: Triage, found: Iterable[Message]) -> list[tuple[Message, Verdict]]:
    """Every message with its verdict."""
    return [(message, triage.judge(message.text)) for message in found]


def by_level(rows: Sequence[tuple[Message, Verdict]]) -> Iterator[str]:
    """How each level is answered."""
    yield f"{'level':<10}{'messages':>9}{'crisis':>9}{'check-in':>9}{'normal':>9}   answered, 95 % interval"
    for level in LEVELS:
        replies = [verdict.reply_kind for message, verdict in rows if message.level == level]
        kinds = Counter(replies)
        raised = len(replies) - kinds[ReplyKind.NORMAL]
        figures = "".join(f"{kinds[kind]:>9}" for kind in (ReplyKind.CRISIS, ReplyKind.CHECK_IN, ReplyKind.NORMAL))
        yield f"{level:<10}{len(replies):>9}{figures}   {wilson(raised, len(replies))}"
    danger = [verdict for message, verdict in rows if message.level in ("high", "imminent")]
    answered = sum(verdict.reply_kind is not ReplyKind.NORMAL for verdict in danger)
    yield f"high and imminent, answered: {wilson(answered, len(danger))}"


def by_rule(rows: Sequence[tuple[Message, Verdict]]) -> Iterator[str]:
    """The rules behind alarms: right at moderate and up, wrong at none and mild; those worst by wrong ones first."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for message, verdict in rows:
        if verdict.reply_kind is not ReplyKind.NORMAL:
            (wrong if message.level in HARMLESS else right).update(verdict.rules)
    yield f"{'rule':<24}{'right':>8}{'wrong':>8}"
    for rule in sorted({*right, *wrong}, key=lambda rule: (-wrong[rule], -right[rule]))[:MOST_RULES]:
        yield f"{rule:<24}{right[rule]:>8}{wrong[rule]:>8}"


def sources(folder: Path = FOLDER) -> Mapping[tuple[str, int], str]:
    """The patterns as they are written, by rule and place in it."""
    rules = read_yaml(folder / "lexicon.yml")["rules"]
    return {
        (rule, number): line.strip()
        for rule, written in rules.items()
        for number, line in enumerate(line for line in written["patterns"].splitlines() if line.strip())
    }


def by_pattern(triage: Triage, rows: Sequence[tuple[Message, Verdict]]) -> Iterator[str]:
    """The patterns behind alarms that are wrong, with what they are right about."""
    written = sources()
    right: Counter[tuple[str, int]] = Counter()
    wrong: Counter[tuple[str, int]] = Counter()
    for message, verdict in rows:
        if verdict.reply_kind is not ReplyKind.NORMAL:
            met = {key for key, outcome in triage.met(message.text) if outcome.reply is not ReplyKind.NORMAL}
            (wrong if message.level in HARMLESS else right).update(met)
    for key in sorted(wrong, key=lambda key: (-wrong[key], right[key])):
        yield f"right {right[key]:>4}  wrong {wrong[key]:>4}  {key[0]}: {written[key]}"


def unmet(triage: Triage, found: Iterable[Message]) -> Iterator[str]:
    """The patterns that nothing meets."""
    left = triage.unmet([*(message.text for message in found), *phrases()])
    for (rule, number), line in sources().items():
        if (rule, number) in left:
            yield f"{rule}: {line}"


def main() -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(description="The lexicon alone against the labelled messages.")
    parser.add_argument("--only", default="")
    parser.add_argument("--patterns", action="store_true")
    parser.add_argument("--unmet", action="store_true")
    parser.add_argument("--missed", choices=LEVELS)
    parser.add_argument("--raised", choices=LEVELS)
    asked = parser.parse_args()
    triage = compiled.load()
    compiled.keep(triage)
    began = time.process_time()
    rows = judged(triage, messages(asked.only))
    spent = time.process_time() - began
    print(f"{triage.pattern_count} patterns, {len(rows)} messages in {spent:.1f} s of processor time")
    for line in (*by_level(rows), "", *by_rule(rows)):
        print(line)
    for line in by_pattern(triage, rows) if asked.patterns else ():
        print(line)
    for line in unmet(triage, (message for message, _ in rows)) if asked.unmet else ():
        print(line)
    for message, verdict in rows:
        normal = verdict.reply_kind is ReplyKind.NORMAL
        if (normal and message.level == asked.missed) or (not normal and message.level == asked.raised):
            print(f"{verdict.reply_kind.value:<9}{' '.join(verdict.rules):<32}{message.text}")


if __name__ == "__main__":
    main()
