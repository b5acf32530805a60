"""
Reads what a conversation is about out of the tracker: which kind of help, whose eyes, which state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker

from bot.catalogue import Catalogue
from bot.catalogue.guarantees import Option


def words(value: object) -> tuple[str, ...]:
    """A slot's value as names; a slot holds a list when one message named several."""
    found = value if isinstance(value, list) else [value]
    return tuple(str(item).strip().lower().replace(" ", "_") for item in found if item)


def options_named(tracker: Tracker, catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of all kinds of help named so far in this message or, if none, in an earlier one."""
    known = {option.id for option in catalogue.options()}
    latest = words(list(tracker.get_latest_entity_values("option")))
    return tuple(dict.fromkeys(name for name in latest or words(tracker.get_slot("option")) if name in known))


def state_named(tracker: Tracker) -> str | None:
    """The postal code that the officer gave, if any."""
    found = words(tracker.get_slot("state"))
    return found[0].upper() if found else None


def card(tracker: Tracker, catalogue: Catalogue) -> Option | None:
    """The card in question, as it is in the officer's state; None when no kind of help was named."""
    names = options_named(tracker, catalogue)
    return catalogue.option(names[0], state_named(tracker)) if names else None


def who_learns(tracker: Tracker) -> str:
    """Whom the officer fears, as ``supervisor``, ``spouse`` …, or nothing."""
    found = words(tracker.get_slot("who_learns"))
    return found[0] if found else ""


def intent(tracker: Tracker) -> str:
    """The name of the latest intent."""
    latest: Mapping[str, Any] = tracker.latest_message or {}
    return str((latest.get("intent") or {}).get("name") or "")
