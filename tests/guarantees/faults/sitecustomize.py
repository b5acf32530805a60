"""
Makes a running process fail on demand: put on its path by a test, it is imported before anything else.

``FAULTS`` names a folder; a file ``action`` in it makes every action raise, ``nlu`` makes understanding raise. The errors
carry a canary, as a real one might carry the words of an officer.
"""

import importlib.abc
import importlib.util
import os
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("FAULTS", "/nonexistent"))
CANARY = "flibbertigibbet-in-an-exception"


def failing(kind, function):
    async def wrapped(*args, **kwargs):
        if (FOLDER / kind).exists():
            (FOLDER / f"{kind}.seen").touch()
            text = f"{CANARY} {args!r} {kwargs!r}"  # a local variable and an argument that a traceback could print
            raise RuntimeError(text)
        return await function(*args, **kwargs)

    return wrapped


def patch(module):
    if module.__name__ == "rasa_sdk.executor":
        module.ActionExecutor.run = failing("action", module.ActionExecutor.run)
    if module.__name__ == "rasa.core.processor":
        module.MessageProcessor.parse_message = failing("nlu", module.MessageProcessor.parse_message)


class Finder(importlib.abc.MetaPathFinder):
    """Lets the real finder do its work, then patches the module after it has run."""

    names = ("rasa_sdk.executor", "rasa.core.processor")

    def find_spec(self, name, path=None, target=None):
        if name not in self.names:
            return None
        self.names = tuple(n for n in self.names if n != name)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            patch(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
