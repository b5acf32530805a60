"""
Suggests at most three kinds of help for what the officer said, and asks one question only when nothing was said.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filling import bubbles
from actions.parts import Parts, parts
from actions.reading import heard, level, pressed, state_named
from bot.catalogue.asking import Heard
from bot.catalogue.matching import Match, Need
from bot.triage.levels import Level

ANYTHING = "anything"  # the button that skips the question, and takes wishes back
OTHERS = 4  # ways to make the list narrower that are offered at once


class Suggest(Action):
    """What was said is kept for the conversation, so that a wish is added to it and not asked for again."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_suggest"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the suggestions with their reasons, then how the list can be made narrower."""
        catalogue = self._parts.catalogue
        found = Heard() if pressed(tracker) == ANYTHING else heard(tracker, catalogue)
        asked = tracker.get_slot("needs") is not None  # the question was put before; once is enough
        if not (found or asked or pressed(tracker) or level(tracker) >= Level.HIGH):
            dispatcher.utter_message(response="utter_find_support")
            return [SlotSet("needs", [])]
        need = found.need(level(tracker), state_named(tracker) or "", datetime.now(UTC))
        self._say(dispatcher, need, catalogue.match(need), found)
        return [SlotSet("needs", list(found.needs)), SlotSet("wishes", list(found.wishes))]

    def _say(self, dispatcher: CollectingDispatcher, need: Need, matches: tuple[Match, ...], found: Heard) -> None:
        catalogue = self._parts.catalogue
        told = [
            catalogue.cards.suggestion(place, match, catalogue.matcher.explain(match, need))
            for place, match in enumerate(matches, start=1)
        ]
        *before, last = bubbles(told)
        for part in before:
            dispatcher.utter_message(response="utter_suggestions", part=part)
        more = [_button(match.option.short, f"/ask_option_info:{match.option.id}") for match in matches]
        dispatcher.utter_message(response="utter_suggestions", part=last, buttons=more)
        others = [_button(title, f"/find_support:{wish}") for wish, title in catalogue.asking.narrower(found, OTHERS)]
        dispatcher.utter_message(response="utter_suggestions_end", buttons=others)


def _button(title: str, payload: str) -> dict[str, str]:
    return {"title": title, "payload": payload}
