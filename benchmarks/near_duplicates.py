"""
Looks for near-duplicates among what is learnt from, and between that and the frozen sets: ``make check`` runs it.

Two messages are nearly the same when they share four fifths of their words and their order of letters is nine tenths
alike. A set that repeats itself teaches little, and one that holds what was learnt measures nothing.

``python benchmarks/near_duplicates.py``: prints file, number and what is alike with what, never a text of the frozen
sets; the exit code is 1 where something was found.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHOOSING = ROOT / "benchmarks" / "understanding" / "choosing.yml"
CHOOSING_NEEDS = CHOOSING.with_name("choosing_needs.yml")
SAME_WORDS, SAME_LETTERS = 0.8, 0.9
SHORT = 4  # words; below that two messages can only be alike or different
PHRASE = 5  # words; below that an utterance of an intent, or one of levels_apart.yml, may be what everybody says

sys.path.insert(0, str(ROOT))

from bot.yaml_files import read_yaml  # noqa: E402


@dataclass(frozen=True)
class Message:
    """One message and where it stands. Those of one *kind* are compared with one another and with the frozen ones."""

    kind: str
    place: str
    text: str
    words: frozenset[str]

    @property
    def short(self) -> bool:
        return len(self.words) < SHORT


def messages() -> Iterator[Message]:
    """All that is learnt from, and all that is frozen."""
    from bot.assistant.utterances import utterances
    from bot.triage.scoring.artefact import EXAMPLES

    for path in sorted(EXAMPLES.glob("*.yml")):
        for group, read in enumerate(read_yaml(path), start=1):
            for number, text in enumerate(read["utterances"], start=1):
                yield _message("levels", f"{path.name} group {group} line {number}", text)
    for intent, texts in utterances(ROOT / "nlu_data").items():
        for number, text in enumerate(texts, start=1):
            yield _message(f"intents {intent}", f"{intent} line {number}", text)
    for group, read in enumerate(read_yaml(CHOOSING), start=1):
        for number, text in enumerate(read["utterances"], start=1):
            yield _message("frozen levels choosing", f"choosing.yml group {group} line {number}", text)
    for number, text in enumerate(_frozen(read_yaml(CHOOSING_NEEDS)), start=1):
        yield _message("frozen intents choosing", f"choosing_needs.yml number {number}", text)
    for name, kind in (("levels", "levels"), ("levels_apart", "levels apart"), ("intents", "intents")):
        path = ROOT / "tests" / "held_out" / f"{name}.yml"
        for number, text in enumerate(_frozen(read_yaml(path)) if path.exists() else (), start=1):
            yield _message(f"frozen {kind}", f"held_out/{name}.yml number {number}", text)


def alike(found: Sequence[Message]) -> Iterator[tuple[Message, Message]]:
    """Every pair that is nearly the same, each once."""
    by_word: dict[str, list[int]] = defaultdict(list)
    how_often: dict[str, int] = defaultdict(int)
    for message in found:
        for word in message.words:
            how_often[word] += 1
    for number, message in enumerate(found):
        # Two that share four fifths of their words share one of the rarest: no need to look under the others.
        rarest = sorted(message.words, key=lambda word: (how_often[word], word))
        looked = rarest[: len(rarest) - int(len(rarest) * SAME_WORDS) + 1]
        seen = {other for word in looked for other in by_word[word]}
        for other in sorted(seen):
            if _nearly(found[other], message):
                yield found[other], message
        for word in looked:
            by_word[word].append(number)


def _nearly(one: Message, other: Message) -> bool:
    if not _compared(one.kind, other.kind):
        return False
    if one.short or other.short:
        return one.text == other.text
    if len(one.words & other.words) < SAME_WORDS * len(one.words | other.words):
        return False
    return SequenceMatcher(None, one.text, other.text, autojunk=False).ratio() >= SAME_LETTERS


def _compared(one: str, other: str) -> bool:
    """
    Alike under two intents is a contrast worth teaching, and a message may teach a level and an intent. What is frozen
    may be among neither the frozen nor the learnt messages of its own task; utterances of intents teach levels too.
    """
    frozen = [kind for kind in (one, other) if kind.startswith("frozen")]
    same_task = _task(one) == _task(other) or (len(frozen) == 1 and _task(frozen[0]) == "levels")
    return one == other or (same_task and bool(frozen))


def _task(kind: str) -> str:
    return kind.removeprefix("frozen ").split()[0]


def _message(kind: str, place: str, text: str) -> Message:
    plain = " ".join(re.sub(r"[^\w\s]", "", str(text).lower().replace("’", "'")).split())
    return Message(kind, place, plain, frozenset(plain.split()))


def _frozen(read: Any) -> Iterator[str]:
    groups = read.values() if isinstance(read, dict) else [read]
    yield from (row["text"] for group in groups for row in group)


def main(found: Iterable[Message]) -> int:
    """The exit code."""
    listed = list(found)
    pairs = [(one, other) for one, other in alike(listed) if not (_is_frozen_pair_of_words(one, other))]
    for one, other in pairs:
        print(f"{one.place} is nearly {other.place}")
    print(f"{len(listed)} messages, {len(pairs)} pairs nearly the same", file=sys.stderr)
    return 1 if pairs else 0


def _is_frozen_pair_of_words(one: Message, other: Message) -> bool:
    """“thanks” is in any set of such messages, “how does this work” in any of intents; only longer ones can leak."""
    apart = any(kind.endswith("apart") for kind in (one.kind, other.kind))
    least = SHORT if _task(one.kind) == _task(other.kind) and not apart else PHRASE
    return one.kind != other.kind and min(len(one.words), len(other.words)) < least


if __name__ == "__main__":
    sys.exit(main(messages()))
