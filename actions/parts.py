"""
Hands the actions what they share, loaded once: the catalogue and the reviewed wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.catalogue import Catalogue
from bot.settings import Settings
from bot.wording import Wording


@dataclass(frozen=True, slots=True)
class Parts:
    """What an action may ask."""

    catalogue: Catalogue
    wording: Wording


@cache
def parts() -> Parts:
    """The parts of this process; a fault in a data file stops the first action that needs it."""
    return Parts(Catalogue.load(own=Settings.load().directory_dir), Wording.load())
