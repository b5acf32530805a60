"""
Rasa itself, put together with our parts in the places of the stock ones: store, locks, wording, actions.
"""

from __future__ import annotations

from typing import Any

from rasa.core.agent import Agent

from bot.assistant import inbound
from bot.assistant.local_actions import LocalActions
from bot.assistant.lock_store import PromptLockStore
from bot.assistant.reviewed_wording import ReviewedWording
from bot.assistant.tracker_store.rows import Rows
from bot.assistant.tracker_store.store import SealedTrackerStore
from bot.assistant.training import Sources, find_model
from bot.crypto.keyring import Keyring
from bot.logs import get_logger
from bot.settings import Settings
from bot.triage.levels import Level

log = get_logger(__name__)


class Brain:
    """Answers messages. It belongs to one thread and its loop; ``store`` may be used from any."""

    def __init__(self, agent: Agent, store: SealedTrackerStore) -> None:
        self._agent = agent
        self.store = store

    @classmethod
    def load(cls, settings: Settings, keyring: Keyring, rows: Rows, sources: Sources) -> Brain:
        """Loads the model of the present sources; raises ``PreflightError`` when there is none."""
        model = find_model(settings, sources)
        actions = LocalActions(sources.actions)
        agent = Agent(generator=ReviewedWording(), lock_store=PromptLockStore(), action_endpoint=actions)
        store = SealedTrackerStore(
            keyring.sealer("tracker"),
            rows,
            window_turns=settings.window_turns,
            idle_minutes=settings.idle_minutes,
            lifetime_hours=settings.lifetime_hours,
        )
        agent.tracker_store = store  # not through the constructor, which would wrap it: see the store's docstring
        agent.load_model(model)
        actions.serve(agent.domain)
        return cls(agent, store)

    async def hear(self, who: str, text: str, level: Level, choice: str | None) -> dict[str, Any]:
        """One turn; raises whatever Rasa or the store raises. ``inbound.answer`` and the last intent."""
        if choice is None:
            message = inbound.typed(who, text, level)
        else:
            message = inbound.chosen(who, choice, level, self._agent.domain)
        await self._agent.handle_message(message)
        return {**inbound.answer(message.output_channel), "subject": self.store.subject(who)}
