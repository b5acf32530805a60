"""
Reads the conversation's files as a reviewer sees them: utterances, responses, rules, by journey.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
NLU, RESPONSES, STORIES = ROOT / "nlu_data", ROOT / "nlu_data" / "responses", ROOT / "stories"
CONVERSATIONS = ROOT / "tests" / "conversations"

JOURNEYS = (
    "first_contact", "crisis", "check_in", "confidentiality", "consequences", "find_support", "compare_options",
    "strain", "coping", "self_check", "safety_plan", "crisis_card", "colleague", "family", "stigma", "handoff", "referral", "privacy",
    "what_is_held", "forget_me", "fallback", "small_talk",
)  # fmt: skip

_MARKUP = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


def read(path: Path) -> dict[str, Any]:
    """One YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def plain(utterance: str) -> str:
    """What the officer typed: without the marks for entities."""
    return _MARKUP.sub(r"\1", utterance)


def normal(utterance: str) -> str:
    """Without case, punctuation and double spaces: two utterances that are equal so are one."""
    return " ".join(re.sub(r"[^\w\s]", "", plain(utterance).lower().replace("’", "'")).split())


def utterances() -> dict[str, list[str]]:
    """Every utterance by its intent."""
    found: dict[str, list[str]] = {}
    for path in sorted(NLU.glob("*.yml")):
        for entry in read(path)["nlu"]:
            if "intent" in entry:
                found[entry["intent"]] = [line[2:] for line in entry["examples"].strip().splitlines()]
    return found


def words_of(kind: str, folder: str) -> dict[str, list[str]]:
    """The words of ``lookups/<kind>.yml`` or ``synonyms/<kind>.yml``, by entry."""
    entries = read(NLU / folder / f"{kind}.yml")["nlu"]
    key = "lookup" if folder == "lookups" else "synonym"
    return {entry[key]: [line[2:] for line in entry["examples"].strip().splitlines()] for entry in entries}


def responses() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """File, name and variation of everything that can be said."""
    for path in sorted(RESPONSES.glob("*.yml")):
        for name, variations in read(path)["responses"].items():
            for variation in variations:
                yield path.name, name, variation


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """File and step of every rule and story; the parts of an ``or`` are steps of their own."""
    for path in sorted(STORIES.glob("*.yml")):
        content = read(path)
        for entry in [*content.get("rules", []), *content.get("stories", [])]:
            for step in entry["steps"]:
                for part in step.get("or", [step]):
                    yield path.name, part
