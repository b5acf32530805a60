"""
What holds for every action: it is named in the domain, says only reviewed responses, and fills every brace in them.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
import yaml
from rasa_sdk import Action

from actions.parts import parts
from tests.actions.conversation import heard, run, said, tracker

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = [
    kind
    for path in sorted((ROOT / "actions").glob("*.py"))
    for _, kind in inspect.getmembers(importlib.import_module(f"actions.{path.stem}"), inspect.isclass)
    if issubclass(kind, Action) and kind is not Action and kind.__module__ == f"actions.{path.stem}"
]
EVERY_OPTION = [option.id for option in parts().catalogue.options()]
EYES = ["supervisor", "coworkers", "spouse", "hr", "insurance", "court", "internal_affairs", "nobody_known"]


def test_domain_names_exactly_the_actions_that_exist() -> None:
    """
    A rule can only name an action that somebody wrote, and none is left over.
    """
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))

    assert sorted(kind().name() for kind in ACTIONS) == sorted(domain["actions"])


@pytest.mark.parametrize("option", [None, "nonsense", *EVERY_OPTION])
@pytest.mark.parametrize("kind", ACTIONS, ids=lambda kind: kind.__name__)
async def test_it_says_reviewed_words_without_holes(kind: type[Action], option: str | None) -> None:
    """
    Whatever kind of help is named, each response exists and has a value for every brace.
    """
    for who in EYES:
        for state in (None, "TX", "US", "xx"):
            conversation = tracker(heard("…", "ask_confidentiality"), option=option, who_learns=who, state=state)
            messages, _ = await run(kind(), conversation)
            for message in messages:
                if message.get("custom"):
                    continue
                text = parts().wording.say(message["response"]).text

                assert set(re.findall(r"{(\w+)}", text)) <= set(message)


@pytest.mark.parametrize("kind", ACTIONS, ids=lambda kind: kind.__name__)
async def test_it_says_something(kind: type[Action]) -> None:
    """
    No action that has to answer stays silent; only the offer of a second need may.
    """
    conversation = tracker(said("/find_support"), heard("…", "greet"), option="eap")
    messages, events = await run(kind(), conversation)

    assert messages or events or kind.__name__ == "OfferOtherNeed"


def test_no_action_holds_a_sentence() -> None:
    """
    No text that an officer reads stands in Python: nothing is said but by the name of a response.
    """
    for path in (ROOT / "actions").glob("*.py"):
        source = path.read_text(encoding="utf-8")

        assert "utter_message(text" not in source
        assert "utter_message(\n            text" not in source
