"""
Passes on the question what is held right now; the edge asks every store and answers.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class TellWhatIsHeld(Action):
    """Signals the edge, which alone can ask every store."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_tell_what_is_held"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says nothing itself: this process cannot see what the others hold."""
        dispatcher.utter_message(json_message={"signal": "held"})
        return []
