"""
Says what one kind of help is and how to start.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import card_values
from actions.parts import Parts, parts
from actions.reading import card


class ShowOption(Action):
    """What it is, the first step, the wait, and the two lines of its card."""

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
        return [SlotSet("option", option.id)]
