"""
Says what the law of a state changes, for the kind of help that was talked about or for peer support.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles, card_values
from actions.parts import Parts, parts
from actions.reading import card, options_now, state_named, written
from bot.catalogue.guarantees import Question

USUAL = "peer_support"
# "Does the EAP in Ohio have privilege" is about the EAP's card there, not about the law for peers
LEGAL = (Question.PRIVILEGE, Question.EXCEPTIONS)
PEER_CARDS = {USUAL, "buddy", "debriefing", "union"}
UNDER_PEER_LAW = PEER_CARDS | {"family_services", "dispatcher_support", "retiree_support", "civilian_support"}


class ShowState(Action):
    """The law question by question: peer at the call, crime, court order, suicide, union; then the card at hand."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_state"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says it, or what to ask when no state was named."""
        catalogue = self._parts.catalogue
        if elsewhere := catalogue.elsewhere_named(written(tracker)):  # never answered with the law of an earlier place
            dispatcher.utter_message(response="utter_tell_state_elsewhere", place=elsewhere)
            return []
        state = state_named(tracker, catalogue)
        law = catalogue.state_law(state or "")
        if state is None or law is None:
            dispatcher.utter_message(response="utter_tell_state")
            return []
        option = card(tracker, catalogue)
        if option is None or not option.by_state:
            option = catalogue.option(USUAL)
        option = catalogue.option(option.id, state)
        told = catalogue.cards.state(law)
        if option.id in options_now(tracker, catalogue) and option.id not in UNDER_PEER_LAW:
            told = tuple(catalogue.cards.answer(option, question) for question in LEGAL)
        for part in bubbles(told):
            dispatcher.utter_message(response="utter_state_law", part=part)
        dispatcher.utter_message(response="utter_state", **card_values(option, catalogue))
        return [SlotSet("option", option.id), SlotSet("state", state)]
