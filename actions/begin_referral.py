"""
Passes on the wish that a provider gets in touch; the edge takes it from there, because contact details stay there.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class BeginReferral(Action):
    """Signals the edge. Nothing that the officer types for a provider comes back here."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_begin_referral"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """The edge shows who could call back."""
        dispatcher.utter_message(json_message={"signal": "referral"})
        return []
