"""
Makes a running process fail on demand: put on its path by a test, it is imported before anything else.

``FAULTS`` names a folder; a file in it switches a fault on: ``action`` makes every action raise, ``nlu`` understanding,
``template`` a reply that lacks a value, ``store`` the tracker store, ``slow`` makes understanding take three seconds,
``hurry``, at the start, makes what is swept every thirty seconds be swept every two. The errors carry a canary, as a real one might carry the words of an officer. Wherever the process connects to is written down.
"""

import asyncio
import functools
import importlib.abc
import importlib.util
import os
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("FAULTS", "/nonexistent"))
CANARY = bytes.fromhex(
    "666c696262657274696769626265742d696e2d616e2d657863657074696f6e"
).decode()  # not spelled out: the module itself is in memory, too


def on(kind):
    if not (FOLDER / kind).exists():
        return False
    (FOLDER / f"{kind}.seen").touch()
    return True


def fail(args, kwargs):
    text = f"{CANARY} {args!r} {kwargs!r}"  # a local variable and an argument that a traceback could print
    raise RuntimeError(text)


def failing(kind, function):
    async def wrapped(*args, **kwargs):
        if on(kind):
            fail(args, kwargs)
        return await function(*args, **kwargs)

    return wrapped


def slow_or_failing(function):
    async def wrapped(*args, **kwargs):
        if on("slow"):
            await asyncio.sleep(3)
        if on("nlu"):
            fail(args, kwargs)
        return await function(*args, **kwargs)

    return wrapped


def without_values(function):
    def wrapped(self, response, filled_slots=None, **kwargs):
        if on("template"):
            response = {**response, "text": "what {is_missing} here, " + CANARY}
        return function(self, response, filled_slots, **kwargs)

    return wrapped


def failing_store(function):
    def wrapped(self, *args):
        if on("store"):
            from bot.errors import StoreError

            try:
                fail(args, {})
            except RuntimeError as error:
                raise StoreError(f"{CANARY} the store") from error
        return function(self, *args)

    return wrapped


def patch(module):
    name = module.__name__
    if name == "bot.retention" and (FOLDER / "hurry").exists():
        module.sweep_forever = functools.partial(module.sweep_forever, every=2.0)
    if name == "bot.assistant.server" and (FOLDER / "hurry").exists():
        module.SWEEP_SECONDS = 2.0
    if name == "rasa_sdk.executor":
        module.ActionExecutor.run = failing("action", module.ActionExecutor.run)
    if name == "rasa.core.processor":
        module.MessageProcessor.parse_message = slow_or_failing(module.MessageProcessor.parse_message)
    if name == "bot.assistant.reviewed_wording":
        module.ReviewedWording._fill_response = without_values(module.ReviewedWording._fill_response)
    if name == "bot.assistant.tracker_store.rows":
        module.Rows.read = failing_store(module.Rows.read)
        module.Rows.write = failing_store(module.Rows.write)


class Finder(importlib.abc.MetaPathFinder):
    """Lets the real finder do its work, then patches the module after it has run."""

    names = (
        "bot.retention",
        "bot.assistant.server",
        "rasa_sdk.executor",
        "rasa.core.processor",
        "bot.assistant.reviewed_wording",
        "bot.assistant.tracker_store.rows",
    )

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


def write_down(event, args):
    if event == "socket.connect" and FOLDER.is_dir():
        address = args[1]
        place = address if isinstance(address, (str, bytes)) else address[0]
        with open(FOLDER / f"connects.{os.getpid()}", "a") as file:
            file.write(f"{args[0].family.name} {place!r}\n")
    if event == "socket.getaddrinfo" and FOLDER.is_dir():
        with open(FOLDER / f"connects.{os.getpid()}", "a") as file:
            file.write(f"LOOKUP {args[0]!r}\n")


if FOLDER.is_dir():
    sys.addaudithook(write_down)
sys.meta_path.insert(0, Finder())
