"""
Says what one kind of help is and how to start.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles, card_values
from actions.parts import Parts, parts
from actions.reading import audience, card, state_named

SHOWN = 3  # entries of the directory


class ShowOption(Action):
    """What it is, the first step, the wait, the two lines of its card, and whom the directory has for it."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_option"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says it, or asks which one is meant."""
        option = card(tracker, self._parts.catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_option_which")
            return []
        dispatcher.utter_message(response="utter_option", **card_values(option, self._parts.catalogue))
        moment = datetime.now(UTC)
        catalogue = self._parts.catalogue
        entries = catalogue.entries_for(option.id, state_named(tracker) or "", moment.date(), audience(tracker))
        told = [catalogue.cards.entry(entry, catalogue.freshness(entry, moment.date()), moment) for entry in entries]
        for part in bubbles(told[:SHOWN]):
            dispatcher.utter_message(response="utter_option_entries", part=part)
        return [SlotSet("option", option.id)]
