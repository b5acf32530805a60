"""Actions that run in Rasa's process, behaving and misbehaving."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import ClientResponseError
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.assistant.local_actions import LocalActions

PACKAGE = "tests.assistant.sample_bot.actions"
CANARY = "Deputy Ozzie Quux"


def domain(extra: str = "") -> Domain:
    return Domain.from_yaml(
        f"""
        version: "3.1"
        actions: [action_compare, action_break]
        responses:
          utter_compare: [{{text: x}}]
          {extra}
        """
    )


def call(name: str) -> dict[str, Any]:
    tracker = {
        "sender_id": "c0ffee",
        "slots": {},
        "latest_message": {"text": CANARY},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {"next_action": name, "sender_id": "c0ffee", "tracker": tracker}


def serving(with_domain: Domain) -> LocalActions:
    actions = LocalActions(PACKAGE)
    actions.serve(with_domain)
    return actions


async def test_an_action_runs_here() -> None:
    """An action's responses come back without any server, and it finds the domain."""
    found = await serving(domain()).request(json=call("action_compare"))

    assert [response["response"] for response in found["responses"]] == ["utter_compare"]


async def test_a_failing_action_says_the_reviewed_line() -> None:
    """An action that raises, or that nobody wrote, gets the line for that and no event."""
    actions = serving(domain("utter_action_failed: [{text: x}]"))

    for name in ("action_break", "action_unwritten"):
        found = await actions.request(json=call(name))
        assert found == {"events": [], "responses": [{"response": "utter_action_failed"}]}


async def test_without_that_line_the_edge_is_told() -> None:
    """Where the domain has no such line, the edge gets a signal and says its own."""
    found = await serving(domain()).request(json=call("action_break"))

    assert found["responses"] == [{"custom": {"signal": "failed"}}]


async def test_a_rejection_is_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that rejects a message says so to Rasa, which then tries another rule."""
    actions = serving(domain())

    async def reject(*_: Any) -> list[Any]:
        raise ActionExecutionRejection("support_form", CANARY)

    monkeypatch.setitem(actions._executor.actions, "action_compare", reject)

    with pytest.raises(ClientResponseError) as caught:
        await actions.request(json=call("action_compare"))
    assert caught.value.status == 400
    assert CANARY not in str(caught.value)


def test_missing_actions_are_named() -> None:
    """Actions that the domain names and nobody wrote are reported when the model is loaded."""
    asked = Domain.from_yaml('{version: "3.1", actions: [action_compare, action_unwritten]}')

    assert LocalActions(PACKAGE).serve(asked) == ("action_unwritten",)
