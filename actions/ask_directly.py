"""
Has the edge ask about suicide when understanding finds what the lexicon did not.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class AskDirectly(Action):
    """Signals the edge: it keeps the conversation's level, asks the question, and knows what the answer means."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_ask_directly"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """A classifier's guess is a reason to ask, not yet a reason to alarm."""
        dispatcher.utter_message(json_message={"signal": "check_in"})
        return []
