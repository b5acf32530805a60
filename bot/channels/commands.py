"""
Decides whether a message is a button or a command rather than words.
"""

from __future__ import annotations

import re
from pathlib import Path

from bot.yaml_files import read_yaml

COMMANDS = frozenset({"/start", "/help", "/private", "/person", "/forget", "/held", "/stop"})
_CHOICE = re.compile(r"/[a-z][a-z_]{1,40}(:[a-z0-9_]{1,40})?\Z")
_NOISE = re.compile(r"[^\w\s]|_")
_PHRASES = Path(__file__).with_name("commands.yml")


class Commands:
    """The whole messages of ``commands.yml``, looked up after lower-casing and dropping punctuation."""

    def __init__(self, phrases: dict[str, list[str]]) -> None:
        self._choice_of = {_plain(phrase): choice for choice, listed in phrases.items() for phrase in listed}

    @classmethod
    def load(cls, path: Path = _PHRASES) -> Commands:
        """Reads the phrases; there is one file and it is tested, so a fault in it stops the start."""
        return cls(read_yaml(path))

    def choice_in(self, text: str) -> str | None:
        """``/forget`` for “delete everything”, ``/help`` for ``/help``; None for anything else."""
        stripped = text.strip()
        if stripped.lower() in COMMANDS:
            return stripped.lower()
        return self._choice_of.get(_plain(stripped)) if len(stripped) < 80 else None


def as_choice(payload: str) -> str | None:
    """A button's payload as it stands, or None when it does not have the form of one."""
    return payload if _CHOICE.match(payload) else None


def without_slash(text: str) -> str:
    """Typed words never start with a slash: Rasa would take them for an intent, and print them (research: leak L5)."""
    return text.lstrip("/ \t\r\n")


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub(" ", text.replace("'", "").replace("’", "").lower()).split())
