"""
A part of the sample bot's pipeline that raises when it is told to, quoting the message.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Stumble(GraphComponent):
    """Raises at the word "stumble"."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Stumble:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if "stumble" in message.get("text", ""):
                raise RuntimeError(message.get("text"))
        return messages
