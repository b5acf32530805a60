"""
Runs our actions inside Rasa's process, and keeps what goes wrong in them to itself.

Rasa would post the whole conversation over plain HTTP to a second server, and print it in the log when an action
raises. Here the call stays in the process; a failed action says the reviewed line for that, and the log gets type and
place.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.actions.constants import SELECTIVE_DOMAIN
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.assistant.reviewed_wording import FAILED
from bot.logs import get_logger

log = get_logger(__name__)

PACKAGE = "actions"


class LocalActions(EndpointConfig):
    """In Rasa's eyes the address of an action server; its ``request`` never leaves the process."""

    def __init__(self, package: str = PACKAGE) -> None:
        # the domain is not made anew for each call; what an action needs of it is passed on from here
        super().__init__(url="in-process", **{SELECTIVE_DOMAIN: True})
        self._executor = ActionExecutor()
        for action in _actions_in(package):
            self._executor.register_action(action)
        self._domain: dict[str, Any] = {}
        self._can_say_so = False
        # what comes back was made in this process; checking a JSON schema against its own schema, as Rasa does for each
        # answer of a server, takes 20 ms, more than all the rest of a turn
        RemoteAction._validate_action_result = lambda _action, _result: True

    def serve(self, domain: Domain) -> tuple[str, ...]:
        """Takes the model's domain; returns the actions that it names and nobody wrote."""
        self._domain = domain.as_dict()
        self._can_say_so = FAILED in domain.responses
        missing = tuple(name for name in domain.user_actions if not self._known(name, domain))
        if missing:
            log.error("actions.missing", count=len(missing))
        return missing

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Runs the action that Rasa asks for; raises only for a form's regular rejection."""
        call = kwargs["json"]
        call["domain"] = self._domain
        try:
            return await self._executor.run(call) or _says([])
        except ActionExecutionRejection as rejection:
            name = json.dumps({"action_name": rejection.action_name})
            raise ClientResponseError(400, "rejected", name) from None
        except Exception as error:
            log.error("action.failed", error=error)
            return _says([{"response": FAILED}] if self._can_say_so else [{"custom": {"signal": "failed"}}])

    def _known(self, name: str, domain: Domain) -> bool:
        return name in self._executor.actions or name in domain.responses or name in domain.forms


def _says(responses: list[dict[str, Any]]) -> dict[str, Any]:
    return {"events": [], "responses": responses}


def _actions_in(package: str) -> Iterator[type[Action]]:
    """The action classes written in *package*, one file each; raises ``ImportError`` when a file is broken."""
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        module = importlib.import_module(found.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Action) and kind.__module__ == module.__name__ and not inspect.isabstract(kind):
                yield kind
