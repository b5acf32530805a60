"""
Gives the numbers to call: from the directory, first the one to call first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Parts, parts
from actions.reading import audience, heard, level, state_named
from bot.catalogue.guarantees import Audience
from bot.catalogue.providers import Freshness, Kind, Provider

FIRST = (Kind.CRISIS, Kind.PEER)
MOST, MOST_OTHERS = 4, 3  # more are a list that nobody reads


class ShowLines(Action):
    """Crisis and peer lines, then the few for other things; an agency's own entries among them."""

    def __init__(self, shared: Parts | None = None) -> None:
        self._parts = shared or parts()

    def name(self) -> str:
        """The action's name in stories."""
        return "action_show_lines"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says them for the state, the language and the people that were named."""
        catalogue, moment = self._parts.catalogue, datetime.now(UTC)
        wished = heard(tracker, catalogue).need(level(tracker), state_named(tracker) or "", moment)
        who = audience(tracker) if wished.who is Audience.OFFICER else wished.who
        lines = catalogue.lines(
            wished.level,
            state=wished.state,
            hours_now=moment,
            language=wished.language,
            who=who,
            veteran=wished.veteran,
        )
        first = [line for line in lines if line.kind in FIRST][:MOST]
        others = [line for line in lines if line.kind not in FIRST and line.good_for][:MOST_OTHERS]
        dispatcher.utter_message(
            response="utter_lines",
            lines=self._told(first),
            others="\n".join(f"• {line.name}: {line.how_to_reach}" for line in others),
            checked=self._checked(first, moment),
        )
        if who is Audience.DISPATCHER and not wished.state:
            dispatcher.utter_message(response="utter_lines_dispatcher")
        return []

    def _told(self, lines: Iterable[Provider]) -> str:
        return "\n".join(f"• {self._parts.catalogue.cards.line(line)}" for line in lines)

    def _checked(self, lines: Iterable[Provider], moment: datetime) -> str:
        """What holds for the one that was checked least."""
        policy, order = self._parts.catalogue.policy, (Freshness.NEVER, Freshness.OLD, Freshness.FRESH)
        ages = [policy.freshness_of(line, moment.date()) for line in lines]
        return policy.freshness[min(ages, key=order.index, default=Freshness.NEVER)]
