"""
Answers who would learn of it: for one kind of help, and for the eyes that the officer fears.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import card_values
from actions.parts import Parts, parts
from actions.reading import card, who_learns


class ShowGuarantee(Action):
    """The two lines of a card with what was asked about; the whole card is one button away."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_guarantee"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the guarantee; forgets the eyes again, so that the next question is not answered for them."""
        option = card(tracker, self._parts.catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_guarantee_which")
            return []
        values = card_values(option, self._parts.catalogue)
        dispatcher.utter_message(response=self._first("utter_guarantee_short", option.id), **values)
        dispatcher.utter_message(response=self._first("utter_guarantee", who_learns(tracker)), **values)
        return [SlotSet("option", option.id), SlotSet("who_learns", None)]

    def _first(self, name: str, special: str) -> str:
        """The response made for *special* where there is one, else the one for all."""
        return f"{name}_{special}" if f"{name}_{special}" in self._parts.wording else name
