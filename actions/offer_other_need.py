"""
Offers the second need of a message, after the first is answered.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Parts, parts
from actions.reading import words


class OfferOtherNeed(Action):
    """ "I cannot sleep, and will my sergeant find out": the question first, then the sleep."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_offer_other_need"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says one offer at most, and nothing when only one need was named."""
        for topic in words(list(tracker.get_latest_entity_values("topic"))):
            if f"utter_also_{topic}" in self._parts.wording:
                dispatcher.utter_message(response=f"utter_also_{topic}")
                return []
        return []
