"""
Says how long one kind of help takes, and what to do until then.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import card_values
from actions.parts import Parts, parts
from actions.reading import card


class ShowWait(Action):
    """The wait of one option, or of all in short."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_wait"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says it for the option at hand, or in general."""
        option = card(tracker, self._parts.catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_ask_hours_wait")
            return []
        dispatcher.utter_message(response="utter_wait", **card_values(option, self._parts.catalogue))
        return [SlotSet("option", option.id)]
