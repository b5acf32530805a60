"""
Answers what follows from asking for help: gun, badge, file, court and the rest, with limits and what the state adds.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles
from actions.parts import Parts, parts
from actions.reading import intent, pressed, state_named, written


class ShowConsequence(Action):
    """The answer in the catalogue's words; its source is one button away."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_consequence"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says it, the buttons under the last bubble."""
        catalogue = self._parts.catalogue
        topic = self._topic(tracker)
        if not topic:
            dispatcher.utter_message(response="utter_consequence_which")
            return []
        found = catalogue.consequence(topic, state_named(tracker) or "")
        *before, last = bubbles(catalogue.cards.consequence_parts(found))
        for part in before:
            dispatcher.utter_message(response="utter_consequence_part", part=part)
        dispatcher.utter_message(response=f"utter_consequence_{topic}", told=last)
        return [SlotSet("subject", topic)]

    def _topic(self, tracker: Tracker) -> str:
        known = {found.id for found in self._parts.catalogue.consequences()}
        named = pressed(tracker)
        return named if named in known else self._parts.catalogue.consequence_asked(intent(tracker), written(tracker))
