"""
Says what one kind of help costs, and what a bill would show.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import card_values
from actions.parts import Parts, parts
from actions.reading import card, written
from actions.suggest import Suggest

WAYS_TO_PAY = frozenset({"free", "cash"})
OF_ANOTHER_KIND = frozenset({"most_private", "outside", "remote", "now"})


class ShowCost(Action):
    """The payment answer of a card, or what is free and what is not."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_cost"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says it for the option at hand, or in general."""
        wished = {*self._parts.catalogue.asking.heard(written(tracker)).wishes}
        if wished & WAYS_TO_PAY and wished & OF_ANOTHER_KIND:  # "a free one that nobody hears about" looks for help
            return await Suggest(self._parts).run(dispatcher, tracker, domain)
        option = card(tracker, self._parts.catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_ask_cost")
            return []
        dispatcher.utter_message(response="utter_cost", **card_values(option, self._parts.catalogue))
        return [SlotSet("option", option.id)]
