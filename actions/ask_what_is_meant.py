"""
Answers what was not understood: once with a question, the second time with what does not depend on understanding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.ask_directly import AskDirectly
from actions.meanings import buttons
from actions.parts import Parts, parts
from actions.reading import heard, likely, was_asked
from actions.suggest import Suggest

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
SUICIDAL, MENU = "suicidal_statement", "help"
CLOSEST = 3  # meanings that are offered; the right one is among them far more often than it is the first
POSSIBLE = 0.05  # of a meaning, from which it is offered


class AskWhatIsMeant(Action):
    """Two steps, then lines and a person; never a third "I did not get that"."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_ask_what_is_meant"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """
        Asks about the likeliest meanings, or says the lines when the message before was not understood either.

        Where suicide may have been meant, that is what is asked.
        """
        if was_asked(tracker) and heard(tracker, self._parts.catalogue):  # the answer to "what is it mostly about"
            return await Suggest(self._parts).run(dispatcher, tracker, domain)
        possible = likely(tracker, POSSIBLE)
        if SUICIDAL in possible[:CLOSEST]:
            return await AskDirectly().run(dispatcher, tracker, domain)
        closest = buttons(self._parts.wording, (intent for intent in possible if intent != MENU))[:CLOSEST]
        if _intent_before(tracker.events) in NOT_UNDERSTOOD:
            dispatcher.utter_message(response="utter_fallback_lines")
        elif len(closest) > 1:
            dispatcher.utter_message(
                response="utter_fallback_closest", buttons=[*closest, *buttons(self._parts.wording, [MENU])]
            )
        else:
            dispatcher.utter_message(response="utter_fallback_ask")
        return []


class DefaultFallback(AskWhatIsMeant):
    """Rasa's own fallback, when no rule fits. It takes nothing back: a rewind makes each later turn slower."""

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_default_fallback"


def _intent_before(events: Iterable[Mapping[str, Any]]) -> str:
    """The intent of the message before the latest one."""
    heard = [event for event in events if event.get("event") == "user"]
    if len(heard) < 2:
        return ""
    return str(((heard[-2].get("parse_data") or {}).get("intent") or {}).get("name") or "")
