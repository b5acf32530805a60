"""
Fills the reviewed responses for Rasa, and says none with a hole in it.

Stock Rasa picks a variation at random, says ``{option}`` or ``None`` where a value is missing, and prints all slots in
the log. Here the first variation that fits is said, as at the edge; where a value is missing, another response is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator

from bot.logs import get_logger

log = get_logger(__name__)

FAILED = "utter_action_failed"  # the response for “this did not work here”
_HOLE = re.compile(r"{([^\n{}]+?)}")


class ReviewedWording(TemplatedNaturalLanguageGenerator):
    """Rasa's generator over the domain's responses."""

    def __init__(self) -> None:
        super().__init__({})

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any] | None:
        if utter_action not in self.responses:
            log.error("wording.missing")
            return None
        fitting = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, filled_slots
        )
        return fitting[0] if fitting else None

    def _fill_response(
        self, response: dict[str, Any], filled_slots: dict[str, Any] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        values = self._response_variables(filled_slots or {}, kwargs)
        if _holes(response.get("text", ""), values):
            log.error("wording.value_missing")
            return dict(self.responses.get(FAILED, [{"custom": {"signal": "failed"}}])[0])
        return dict(super()._fill_response(response, filled_slots, **kwargs))


def _holes(text: str, values: Mapping[str, Any]) -> bool:
    return any(values.get(name) is None for name in _HOLE.findall(text))
