"""
Shows the whole card of one kind of help.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles
from actions.parts import Parts, parts
from actions.reading import card


class ShowCard(Action):
    """Every question of the card, in bubbles that fit a phone."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_card"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the card, or asks which one is meant."""
        option = card(tracker, self._parts.catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_more_which")
            return []
        for part in bubbles(self._parts.catalogue.cards.sections(option)):
            dispatcher.utter_message(response="utter_card_part", part=part)
        dispatcher.utter_message(response="utter_card_end")
        return [SlotSet("option", option.id)]
