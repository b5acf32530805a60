"""
Ranks the kinds of help by how private they are, each with its reason.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Parts, parts
from actions.reading import audience, heard, was_asked
from actions.suggest import Suggest

SHOWN = 4


class ShowPrivacyRanking(Action):
    """The most private few; nothing that somebody else orders is among them."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_privacy_ranking"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the ranking."""
        found = heard(tracker, self._parts.catalogue)
        if was_asked(tracker) and found.needs:  # "nightmares, and nobody can know" answers what it is about
            return await Suggest(self._parts).run(dispatcher, tracker, domain)
        best = self._parts.catalogue.most_private(audience(tracker))[:SHOWN]
        ranked = "\n".join(f"{place}. {option.title}: {option.privacy_reason}" for place, option in enumerate(best, 1))
        dispatcher.utter_message(response="utter_most_private", ranked=ranked)
        return []
