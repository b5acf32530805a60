"""
Passes on the wish to be forgotten; the edge erases everything and says what was erased.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.reading import likely

# From which certainty on words are a wish to be erased. "I want to forget that night" is nearer to it than any other
# meaning, and nothing brings back what was erased for it; below, one tap does.
SURE = 0.75


class Forget(Action):
    """Signals the edge, which alone can reach every store."""

    def name(self) -> str:
        """The action's name in stories."""
        return "action_forget"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says nothing itself: a promise to erase is made by the one who erased. Where it is not sure, it asks."""
        if likely(tracker, 0.0) and not likely(tracker, SURE):
            dispatcher.utter_message(response="utter_forget_asked")
        else:
            dispatcher.utter_message(json_message={"signal": "forget"})
        return []
