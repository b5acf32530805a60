"""
Finds the reviewed sentences that an officer reads, wherever Rasa is not needed to say them.

The files are the same ``nlu_data/responses/<journey>.yml`` that Rasa trains on, so there is one wording of everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError
from bot.yaml_files import read_yaml

RESPONSES = Path(__file__).resolve().parent.parent / "nlu_data" / "responses"


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a reply. ``payload`` is ``/name`` or ``/name:value``, the same for everybody."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One bubble. ``speaker`` is ``assistant``, ``desk`` (a person) or ``notice`` (the state of things)."""

    text: str
    buttons: tuple[Button, ...] = ()
    speaker: str = "assistant"


class Wording:
    """All responses by name; the first variation wins, a variation for the channel wins over it."""

    def __init__(self, responses: Mapping[str, list[dict[str, Any]]]) -> None:
        self._responses = dict(responses)

    @classmethod
    def load(cls, folder: Path = RESPONSES) -> Wording:
        """Reads every ``*.yml`` in *folder*; raises ``DataError`` naming the file and the response."""
        responses: dict[str, list[dict[str, Any]]] = {}
        for path in sorted(folder.glob("*.yml")):
            for name, variations in _responses_in(path).items():
                if name in responses:
                    raise DataError(f"{path.name}: {name} is defined twice")
                responses[name] = variations
        return cls(responses)

    def __contains__(self, name: str) -> bool:
        return name in self._responses

    def names(self) -> tuple[str, ...]:
        """Every response name, in the order of the files."""
        return tuple(self._responses)

    def say(self, name: str, *, channel: str = "", speaker: str = "assistant", **values: str) -> Reply:
        """The response *name* with ``{placeholders}`` filled in; raises ``DataError`` when there is none."""
        if name not in self._responses:
            raise DataError(f"responses: {name} is missing")
        variation = self._pick(name, channel)
        text = str(variation["text"]).strip()
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        buttons = tuple(Button(b["title"], b["payload"]) for b in variation.get("buttons", ()))
        return Reply(text, buttons, speaker)

    def _pick(self, name: str, channel: str) -> dict[str, Any]:
        variations = self._responses[name]
        for variation in variations:
            if channel and variation.get("channel") == channel:
                return variation
        for variation in variations:
            if "channel" not in variation:
                return variation
        return variations[0]


def every_text(folder: Path = RESPONSES) -> Iterator[tuple[str, str]]:
    """Name and text of every variation of every response, for who checks what is said."""
    for path in sorted(folder.glob("*.yml")):
        for name, variations in _responses_in(path).items():
            for variation in variations:
                yield name, str(variation["text"])


def _responses_in(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content = read_yaml(path)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DataError(f"{path.name}: line {line}: not YAML") from None
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path.name}: cannot be read") from None
    found = (content or {}).get("responses") or {}
    for name, variations in found.items():
        if not isinstance(variations, list) or not all(isinstance(v, dict) and v.get("text") for v in variations):
            raise DataError(f"{path.name}: {name} needs a list of variations with a text")
    return found
