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
from actions.reading import intent, options_now, pressed, state_named, written
from bot.catalogue.consequences import Consequence
from bot.catalogue.guarantees import Option


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
        if option := self._named(tracker, found):
            self._say_of_card(dispatcher, intent(tracker), found, option)
            return [SlotSet("subject", topic), SlotSet("option", option.id)]
        *before, last = bubbles(catalogue.cards.consequence_parts(found))
        for part in before:
            dispatcher.utter_message(response="utter_consequence_part", part=part)
        dispatcher.utter_message(response=f"utter_consequence_{topic}", told=last)
        return [SlotSet("subject", topic)]

    def _named(self, tracker: Tracker, found: Consequence) -> Option | None:
        """The one kind of help that the message names and the general answer is not about."""
        named = set(options_now(tracker, self._parts.catalogue))
        named -= {"therapist"} if "therapist_cash" in named else set()  # "a therapist, and pay cash" is one of them
        if not found.card or len(named) != 1 or named & {*found.about}:
            return None
        return self._parts.catalogue.option(named.pop(), state_named(tracker))

    def _say_of_card(self, dispatcher: CollectingDispatcher, asked: str, found: Consequence, option: Option) -> None:
        """ "Can they make the chaplain talk" is answered from the chaplain's card, not from what holds elsewhere."""
        cards = self._parts.catalogue.cards
        first, *rest = (cards.answer(option, question) for question in found.card)
        *before, last = bubbles([f"{cards.title(option)}\n{first}", *rest])
        for part in before:
            dispatcher.utter_message(response="utter_consequence_part", part=part)
        general = {"title": found.title, "payload": f"/{asked}:{found.id}"}
        dispatcher.utter_message(response="utter_consequence_of_card", part=last, buttons=[general])

    def _topic(self, tracker: Tracker) -> str:
        known = {found.id for found in self._parts.catalogue.consequences()}
        named = pressed(tracker)
        return named if named in known else self._parts.catalogue.consequence_asked(intent(tracker), written(tracker))
