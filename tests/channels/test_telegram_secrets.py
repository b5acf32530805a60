"""Neither the bot's token nor an officer's words, name or number get out of the Telegram door."""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram_line import Line
from bot.settings import Secret
from bot.wording import Button
from tests.emulators.bot_api import SECRET, TOKEN, BotApi, until
from tests.emulators.telegram_door import CRISIS, FakeEdge, open_door, says

WORDS = "canary words about the night shift"


class Everything(logging.Handler):
    """Keeps all that is logged, as a careless configuration would print it."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text += "".join(traceback.format_exception(*record.exc_info))
        self.lines.append(f"{record.name} {text} {record.args!r}")


@pytest.fixture
def logged() -> Iterator[Everything]:
    """Everything at DEBUG, from every logger, with whatever was silenced before this test loud again."""
    handler, root = Everything(), logging.getLogger()
    before = root.level
    for name in [*logging.root.manager.loggerDict, "httpx", "httpcore", "telegram"]:
        if name.partition(".")[0] in ("httpx", "httpcore", "telegram", "aiolimiter", "bot", "asyncio"):
            logger = logging.getLogger(name)
            logger.disabled, logger.propagate = False, True
            logger.setLevel(logging.NOTSET)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_nothing_gets_out(tmp_path: Path, logged: Everything, mode: str) -> None:
    """At DEBUG, through every failure there is, no log, warning, unawaited error or file holds any of them."""
    loop, failures = asyncio.get_running_loop(), []
    loop.set_debug(True)
    loop.set_exception_handler(lambda _, context: failures.append(repr(context)))
    edge = FakeEdge({"buttons": says("Well?", buttons=(Button("Yes", "/check_in_yes"),)), "fails": KeyError(WORDS)})
    with BotApi() as api, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        officer = api.user("Canaryname", username="canary_robin_555")
        async with open_door(api, tmp_path, edge, telegram_mode=mode) as door:
            for text in (WORDS, CRISIS, "buttons", "fails", "/start canarycode", "/etc canary words"):
                officer.says(text)
            await until(lambda: len(officer.hears()) == 6)
            officer.presses("Yes")
            officer.presses_data("canary-data")
            officer.sends_photo(caption=WORDS)
            for fault in ({"status": 500}, {"status": 401}, {"status": 404}, {"cut": True}, {"status": 200}):
                api.fault("sendMessage", **fault)
                officer.says(CRISIS)
            api.fault("deleteMessages", status=400)
            await until(lambda: len(officer.hears()) >= 14, within=15)
            await door.channel.erase_chat(str(officer.id))
            api.down()
            officer.says(WORDS)
            await asyncio.sleep(0.6)
            api.up()
            line = door.channel._line
            assert line is not None
            shown = repr(door.channel) + repr(line) + repr(line._bot) + str(line._bot)
        gc.collect()

    seen = "\n".join([*logged.lines, *failures, *(str(warning.message) for warning in warned), shown])
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "telegram." in seen
    for telling in (TOKEN, SECRET, "canary", "Canary", str(officer.id), "gun", "check_in"):
        assert telling not in seen
        assert telling.encode() not in files


async def test_a_refused_token_is_not_quoted(logged: Everything) -> None:
    """PTB quotes a token that Telegram refuses in its exception; here it ends in a log event without it."""
    with BotApi() as api:
        line = Line(Secret("5550199:canary-refused-token"), api.url)
        results: list[Any] = [
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(call)), 40)
            for call in (line.updates(None), line.type(1))
        ]
        await line.close()

    assert results == [None, None]
    assert "canary" not in "\n".join(logged.lines)
    assert "canary" not in repr(line) + str(line) + repr(line._bot) + str(line._bot)
