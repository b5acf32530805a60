"""
Reads the utterances of ``nlu_data`` without Rasa, for whoever learns from them or looks for near-duplicates.
"""

from __future__ import annotations

import re
from pathlib import Path

from bot.yaml_files import read_yaml

_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_LABEL = re.compile(r"\[[^\]]{1,40}\]")  # what redaction leaves in the place of a name
_QUOTES = str.maketrans("’‘´`“”", "''''\"\"")


def utterances(folder: Path) -> dict[str, list[str]]:
    """The utterances of each intent, as the intent model reads them."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        content = read_yaml(path)
        for entry in (content or {}).get("nlu", ()):
            if "intent" in entry:
                lines = [line.strip().removeprefix("- ") for line in str(entry["examples"]).splitlines()]
                found.setdefault(entry["intent"], []).extend(plain(_ENTITY.sub(r"\1", line)) for line in lines if line)
    return found


def plain(text: str) -> str:
    """*text* in lower case and one kind of quotes, without the labels of redaction."""
    return _LABEL.sub(" ", text.translate(_QUOTES).lower())
