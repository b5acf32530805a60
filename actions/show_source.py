"""
Says where the facts of a card come from, and when they were read.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Parts, parts
from actions.reading import card


class ShowSource(Action):
    """The sources of the card that was talked about last."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_source"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says them, or what sources there are in general."""
        option = card(tracker, self._parts.catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_source_which")
            return []
        sources = self._parts.catalogue.cards.sources_of(option)
        dispatcher.utter_message(response="utter_source", title=option.title, sources=sources)
        return []
