"""
Names what is told to people on duty and how it went, without the libraries that do it: the edge loads those later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from bot.handoff.duty import Endpoint

FIRST_LINE = "sidedoor-referral-1"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told. ``content`` is the data of a webhook: an opaque id and a level, or nothing."""

    id: str
    kind: str
    content: dict[str, Any]
    attachment: str = ""  # sealed to the reader's key; base64

    @property
    def file(self) -> str:
        """The attachment as a file of its own, which names what it belongs to."""
        return f"{FIRST_LINE}\n{self.content.get('id', '')}\n{self.attachment}\n"


@dataclass(frozen=True, slots=True)
class Result:
    """How it went: a word for the list at the desk, and whether another try makes sense."""

    ok: bool
    word: str
    final: bool = False
    wait: float = 0.0


class Sender(Protocol):
    """What tells somebody."""

    async def __call__(self, endpoint: Endpoint, notice: Notice) -> Result: ...
