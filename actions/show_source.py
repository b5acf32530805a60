"""
Says where the facts of a card come from, and when they were read.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Parts, parts
from actions.reading import card, options_now, pressed, state_named, subject


class ShowSource(Action):
    """The sources of what was talked about last: a card, or the answer to a fear."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_source"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says them, or what sources there are in general."""
        catalogue = self._parts.catalogue
        topic = self._topic(tracker)
        if topic:
            found = catalogue.consequence(topic, state_named(tracker) or "")
            sources = catalogue.cards.sources(found.facts())
            dispatcher.utter_message(response="utter_source_consequence", title=found.title, sources=sources)
            return []
        option = card(tracker, catalogue)
        if option is None:
            dispatcher.utter_message(response="utter_source_which")
            return []
        dispatcher.utter_message(
            response="utter_source", title=option.title, sources=catalogue.cards.sources_of(option)
        )
        return []

    def _topic(self, tracker: Tracker) -> str:
        """A button under an answer names the answer; a message that names a kind of help means its card."""
        catalogue = self._parts.catalogue
        known = {found.id for found in catalogue.consequences()}
        if pressed(tracker) in known:
            return pressed(tracker)
        topic = "" if options_now(tracker, catalogue) else subject(tracker)
        return topic if topic in known else ""
