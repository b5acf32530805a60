"""
The trained model with the real actions, loaded once for every conversation of a test run's worker.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import PreflightError
from bot.settings import Settings


@pytest.fixture(scope="session")
def agent() -> Iterator[Any]:
    """Rasa with our actions and wording; conversations stay in memory."""
    from bot.assistant.training import find_model

    try:
        model = find_model(Settings.load({}))
    except PreflightError:
        pytest.skip("there is no model of the present sources; `sidedoor train` makes it")
    from bot.logs import quiet_structlog

    quiet_structlog()
    from rasa.core.agent import Agent

    from bot.assistant.local_actions import LocalActions
    from bot.assistant.reviewed_wording import ReviewedWording

    logging.disable(logging.CRITICAL)
    actions = LocalActions()
    agent = Agent(generator=ReviewedWording(), action_endpoint=actions)
    agent.load_model(model)
    assert actions.serve(agent.domain) == ()
    yield agent
    logging.disable(logging.NOTSET)
