"""
Puts two or three kinds of help side by side.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles
from actions.parts import Parts, parts
from actions.reading import options_named, state_named

USUAL = ("eap", "peer_support", "therapist")


class CompareOptions(Action):
    """What was named, filled up with the usual three when it is fewer than two."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_compare_options"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the comparison, question by question."""
        catalogue = self._parts.catalogue
        named = options_named(tracker, catalogue)
        chosen = catalogue.compare(named if len(named) > 1 else (*named, *USUAL), state_named(tracker))
        for part in bubbles(catalogue.cards.compare(chosen).split("\n\n")):
            dispatcher.utter_message(response="utter_compare", table=part)
        dispatcher.utter_message(response="utter_compare_end")
        return []
