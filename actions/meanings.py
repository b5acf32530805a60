"""
Names intents on buttons, so that what was nearly or also meant can be offered.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.wording import Wording

ELSEWHERE = {"talk_to_person": "/person", "forget_me": "/forget"}  # intents whose button the edge answers itself


def buttons(wording: Wording, intents: Iterable[str]) -> list[dict[str, str]]:
    """Those of *intents* that have a button in ``utter_meanings``, in their order."""
    titles = {button.payload: button.title for button in wording.say("utter_meanings").buttons}
    payloads = [ELSEWHERE.get(intent, f"/{intent}") for intent in intents]
    return [{"title": titles[payload], "payload": payload} for payload in payloads if payload in titles]
