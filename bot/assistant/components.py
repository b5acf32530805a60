"""
Carries the level of distress into the conversation, so that rules and forms can ask for it.

The edge has judged the raw words before anything else; here arrives its verdict, never the words it came from. Rasa
imports this module by the class path in ``config.yml``, when it trains and when it serves.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.triage.levels import Level

if TYPE_CHECKING:
    from bot.triage.lexicon import Triage

ENTITY = "distress"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class DistressLevel(GraphComponent):
    """
    Adds the entity ``distress`` with one of the five labels; the domain maps it to the slot of the same name.

    A message without a verdict, in ``rasa shell`` or ``rasa test``, is judged here. Those tools compare every entity
    with the story, so ``none`` is said only where the edge has said it.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DistressLevel:
        """Rasa's way to make a component; there is nothing to configure and nothing to load."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entity to each message; nothing else in it changes."""
        for message in messages:
            label = _said_by_edge(message) or _judged_here(message)
            if label:
                message.set(ENTITIES, [*message.get(ENTITIES, []), as_entity(label)], add_to_output=True)
        return messages


def as_entity(label: str) -> dict[str, Any]:
    """The entity as Rasa keeps it; it stands at no place in the text, because it comes from all of it."""
    return {"entity": ENTITY, "value": label, "start": 0, "end": 0, "extractor": DistressLevel.__name__}


def _said_by_edge(message: Message) -> str | None:
    label = (message.get("metadata") or {}).get(ENTITY)
    return label if label in _LABELS else None


def _judged_here(message: Message) -> str | None:
    level = _triage().judge(message.get(TEXT) or "").level
    return level.label if level > Level.NONE else None


@cache
def _triage() -> Triage:
    from bot.triage.lexicon import Triage  # neither training nor the service behind the edge needs it

    return Triage.load()


_LABELS = frozenset(level.label for level in Level)
