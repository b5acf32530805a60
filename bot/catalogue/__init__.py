"""
What can be offered: the kinds of help, who could learn of each, the lines, the states' laws, and our own promises.

``Catalogue.load()`` reads all of it from ``data``; nothing here talks to a network or keeps anything about an officer.
The parts of the catalogue load when they are asked for: the edge, which starts within a second, needs the least of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]


def __getattr__(name: str) -> Any:
    if name != "Catalogue":
        raise AttributeError(name)
    from bot.catalogue.catalogue import Catalogue

    return Catalogue
