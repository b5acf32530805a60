"""
Offers the second need of a message, after the first is answered.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.meanings import buttons
from actions.parts import Parts, parts
from actions.reading import heard, intent, likely, was_asked, words
from actions.suggest import Suggest
from bot.assistant.needs import SECOND

OFFER = "utter_also_"  # and a subject; utter_also itself is for all others
SUGGESTED = "find_support"
# Each of these has said who learns of it; "find out" is then no second question.
ABOUT_EYES = frozenset(
    {
        "ask_confidentiality", "ask_court", "ask_file_record", "ask_fitness_for_duty", "ask_hospital", "ask_insurance",
        "ask_internal_affairs", "ask_most_private", "ask_outside_department", "ask_workers_comp", "crisis_privacy",
        "ordered_to_go", "private", "what_you_keep",
    }
)  # fmt: skip


class OfferOtherNeed(Action):
    """ "I cannot sleep, and will my sergeant find out": the one that was understood first, then the other."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_offer_other_need"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says one offer at most: a need that was named, in the order of the wording, else a likely one."""
        now, second = intent(tracker), "".join(likely(tracker, SECOND)[1:2])
        # the answer to "what is it mostly about", unless it was a button of that question and is answered already
        if now != SUGGESTED and was_asked(tracker) and heard(tracker, self._parts.catalogue):
            return await Suggest(self._parts).run(dispatcher, tracker, domain)
        named = set(words(list(tracker.get_latest_entity_values("topic"))))
        offers = [name for name in self._parts.wording.names() if name.startswith(OFFER) and self._is_new(name, now)]
        wanted = [name for name in offers if name.removeprefix(OFFER) in named]
        wanted += [name for name in offers if self._leads_to(name) == second]
        if wanted:
            dispatcher.utter_message(response=wanted[0])
        elif not (second == "ask_confidentiality" and now in ABOUT_EYES) and (
            also := buttons(self._parts.wording, [second])
        ):
            dispatcher.utter_message(response="utter_also", buttons=also)
        return []

    def _is_new(self, response: str, now: str) -> bool:
        """Whether what the offer leads to is another subject than *now*."""
        leads_to = self._leads_to(response)
        return leads_to != now and not (leads_to == "ask_confidentiality" and now in ABOUT_EYES)

    def _leads_to(self, response: str) -> str:
        return self._parts.wording.say(response).buttons[0].payload.removeprefix("/")
