"""
Shows what has no tie to the officer's department: a therapist first, then the others.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import card_values
from actions.parts import Parts, parts
from actions.reading import audience, state_named, written
from actions.suggest import Suggest

FIRST = "therapist"
OTHERS = frozenset({"peer", "clergy"})  # who wants one of these is not shown a therapist
SHOWN = (FIRST, "therapist_cash")  # the second has a button


class ShowOutside(Action):
    """How to find a therapist of one's own, and who would know; then what else stands outside."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_outside"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says it, and remembers the therapist as what is being talked about."""
        catalogue = self._parts.catalogue
        if OTHERS & {*catalogue.asking.heard(written(tracker)).wishes}:  # "a peer, not a shrink"
            return await Suggest(self._parts).run(dispatcher, tracker, domain)
        option = catalogue.option(FIRST, state_named(tracker))
        others = "\n".join(
            f"• {found.title}" for found in catalogue.outside_department(audience(tracker)) if found.id not in SHOWN
        )
        dispatcher.utter_message(response="utter_outside", **card_values(option, catalogue))
        dispatcher.utter_message(response="utter_outside_others", titles=others)
        return [SlotSet("option", FIRST)]
