"""
Gives buttons ids that mean nothing outside this process and stop meaning anything soon.

Telegram stores what is in a button with the message. A payload such as ``/check_in_yes`` would say there what an
officer was asked; a random id says nothing, and pressing it in another chat or after its time does nothing.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.wording import Button

IN_ALL = 50_000


@dataclass(slots=True)
class _Keyboard:
    chat: int
    until: float
    payloads: dict[str, str] = field(default_factory=dict)
    used: bool = False


class Buttons:
    """The keyboards that stand on officers' phones."""

    def __init__(
        self, keep_seconds: float, *, clock: Callable[[], float] = time.monotonic, in_all: int = IN_ALL
    ) -> None:
        self._keep = keep_seconds
        self._clock = clock
        self._in_all = in_all
        self._keyboards: OrderedDict[str, _Keyboard] = OrderedDict()

    def show(self, chat: int, buttons: Sequence[Button]) -> list[tuple[str, str]]:
        """Title and id of each of *buttons*, to be shown in *chat*."""
        keyboard = _Keyboard(chat, self._clock() + self._keep)
        shown = []
        for button in buttons:
            opaque = secrets.token_urlsafe(12)
            keyboard.payloads[opaque] = button.payload
            self._keyboards[opaque] = keyboard
            shown.append((button.title, opaque))
        while len(self._keyboards) > self._in_all:
            self._keyboards.popitem(last=False)
        return shown

    def press(self, chat: int, opaque: str) -> str | None:
        """
        The payload of a button, once for its whole keyboard; ``""`` for a second press, None for an unknown id.

        A second press is a double tap or a repeated update: it needs no answer but Telegram's own.
        """
        keyboard = self._keyboards.get(opaque)
        if keyboard is None or keyboard.chat != chat or keyboard.until < self._clock():
            return None
        if keyboard.used:
            return ""
        keyboard.used = True
        return keyboard.payloads[opaque]

    def forget(self, chat: int) -> None:
        """Nothing in *chat* can be pressed any more."""
        self._drop(lambda keyboard: keyboard.chat == chat)

    def sweep(self) -> None:
        """Drops what has expired."""
        now = self._clock()
        self._drop(lambda keyboard: keyboard.until < now)

    def _drop(self, unwanted: Callable[[_Keyboard], bool]) -> None:
        for opaque in [opaque for opaque, keyboard in self._keyboards.items() if unwanted(keyboard)]:
            del self._keyboards[opaque]
