"""
Passes on the wish for a person; the edge makes the offer, with what the person would see.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class OfferPerson(Action):
    """Signals the edge, which knows whether somebody is on duty."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_offer_person"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Nobody is called yet: the officer says yes to the offer first."""
        dispatcher.utter_message(json_message={"signal": "offer_person"})
        return []
