"""
Puts two or three kinds of help side by side.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles
from actions.parts import Parts, parts
from actions.reading import options_before, options_now, state_named

USUAL = ("eap", "peer_support", "therapist", "chaplain", "crisis_line", "union", "therapist_cash")
ENOUGH = 2
OFFERED = 4  # others to compare with, as buttons


class CompareOptions(Action):
    """What was named; one alone stands beside what was spoken of before, or beside the usual ones."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_compare_options"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the comparison, question by question, and offers others to compare with."""
        catalogue = self._parts.catalogue
        names = self._chosen(tracker)
        chosen = catalogue.compare(names, state_named(tracker))
        for part in bubbles(catalogue.cards.compare(chosen)):
            dispatcher.utter_message(response="utter_compare", table=part)
        others = [
            {"title": catalogue.option(name).short, "payload": f"/compare_options:{name}"}
            for name in USUAL
            if name not in {option.id for option in chosen}
        ]
        dispatcher.utter_message(response="utter_compare_end", title=chosen[0].title, buttons=others[:OFFERED])
        return [SlotSet("option", chosen[0].id)]

    def _chosen(self, tracker: Tracker) -> tuple[str, ...]:
        named = options_now(tracker, self._parts.catalogue)
        if len(named) < ENOUGH:
            named = tuple(dict.fromkeys((*options_before(tracker, self._parts.catalogue), *named)))
        return named if len(named) >= ENOUGH else (*named, *USUAL[:3])
