"""The emulator refuses what Telegram refuses, so that a door which passes its tests would pass Telegram's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.emulators.bot_api import TOKEN, BotApi, until

CLIENT = httpx.Client(timeout=10, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, emulated."""
    with BotApi() as running:
        yield running


def ask(api: BotApi, method: str, token: str = TOKEN, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """One call as any client would make it."""
    answer = CLIENT.post(f"{api.url}/bot{token}/{method}", json=parameters)
    return answer.status_code, answer.json()


def result(api: BotApi, method: str, **parameters: Any) -> Any:
    """The result of a call that is not refused."""
    status, body = ask(api, method, **parameters)
    assert status == 200, body
    return body["result"]


def test_who_asks(api: BotApi) -> None:
    """Only the bot's own token is answered, and only known methods."""
    assert result(api, "getMe")["is_bot"] is True
    assert ask(api, "getMe", token="1:wrong")[0] == 401
    assert ask(api, "getSecrets")[0] == 404


@pytest.mark.parametrize(
    ("change", "status", "why"),
    [
        ({"text": ""}, 400, "empty"),
        ({"text": " \n"}, 400, "empty"),
        ({"text": "x" * 4097}, 400, "too long"),
        ({"text": "😀" * 2049}, 400, "too long"),
        ({"chat_id": 1}, 400, "not found"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a"}]]}}, 400, "exactly one"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 65}]]}}, 400, "DATA_INVALID"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a", "url": "http://localhost"}]]}}, 400, "Wrong HTTP"),
        ({"reply_markup": {"inline_keyboard": "x"}}, 400, "object expected"),
        ({"reply_markup": "{"}, 400, "parse"),
    ],
)
def test_messages(api: BotApi, change: dict[str, Any], status: int, why: str) -> None:
    """A message must have a text of 1 to 4,096 characters, a chat, and markup of the right shape."""
    officer = api.user("Robin")

    answered, body = ask(api, "sendMessage", **({"chat_id": officer.id, "text": "x" * 4096} | change))

    assert answered == status
    assert why in body["description"]
    assert officer.hears() == []


def test_who_can_be_written_to(api: BotApi) -> None:
    """A bot cannot begin a chat, nor write to who has blocked it."""
    stranger, officer = api.user("Sam", started=False), api.user("Robin")
    officer.blocks()

    for person, why in ((stranger, "initiate"), (officer, "blocked")):
        status, body = ask(api, "sendMessage", chat_id=person.id, text="hi")
        assert status == 403
        assert why in body["description"]


def test_deleting(api: BotApi) -> None:
    """Both sides' messages can be deleted for 48 hours; unknown ones are passed over, other chats' too."""
    officer, other = api.user("Robin"), api.user("Alex")
    mine, foreign = officer.says("hello"), other.says("mine")
    theirs = result(api, "sendMessage", chat_id=officer.id, text="hi")["message_id"]

    assert result(api, "deleteMessages", chat_id=officer.id, message_ids=[mine, theirs, foreign, 9]) is True
    assert officer.screen() == []
    assert len(other.screen()) == 1
    api.ahead = 48 * 3600 + 60
    assert ask(api, "deleteMessage", chat_id=other.id, message_id=foreign)[0] == 400
    assert ask(api, "deleteMessages", chat_id=other.id, message_ids=list(range(101)))[0] == 400


def test_buttons(api: BotApi) -> None:
    """A press brings the button's data; an answer must belong to a press, a keyboard goes away only once."""
    officer = api.user("Robin")
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "abc"}]]}
    message = result(api, "sendMessage", chat_id=officer.id, text="?", reply_markup=keyboard)["message_id"]
    callback = officer.presses("Yes")

    update = result(api, "getUpdates")[0]["callback_query"]

    assert (update["data"], update["message"]["message_id"]) == ("abc", message)
    assert ask(api, "answerCallbackQuery", callback_query_id="nonsense")[0] == 400
    assert result(api, "answerCallbackQuery", callback_query_id=callback) is True
    result(api, "editMessageReplyMarkup", chat_id=officer.id, message_id=message)
    assert officer.screen()[0].buttons == []
    assert ask(api, "editMessageReplyMarkup", chat_id=officer.id, message_id=message)[0] == 400
    result(api, "editMessageText", chat_id=officer.id, message_id=message, text="gone")
    assert officer.transcript() == "bot: gone"


def test_updates_are_kept_until_confirmed(api: BotApi) -> None:
    """Updates come again until a higher number is asked for, and look as Telegram's do."""
    officer = api.user("Robin", username="robin_555")
    officer.says("/start poster7")
    officer.says("two")

    first = result(api, "getUpdates")
    again = result(api, "getUpdates", offset=first[0]["update_id"])
    rest = result(api, "getUpdates", offset=first[1]["update_id"])

    assert first == again
    assert [update["message"]["text"] for update in rest] == ["two"]
    assert first[0]["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert first[0]["message"]["from"]["username"] == "robin_555"
    assert first[0]["message"]["chat"] == {**officer.chat()}
    assert result(api, "getUpdates", offset=rest[0]["update_id"] + 1) == []


def test_polling_waits(api: BotApi) -> None:
    """A long poll waits for an update, and a webhook rules it out."""
    started = time.monotonic()
    assert result(api, "getUpdates", timeout=1) == []
    assert time.monotonic() - started >= 1

    result(api, "setWebhook", url="https://example.org/telegram")
    assert ask(api, "getUpdates")[0] == 409
    result(api, "deleteWebhook")
    assert result(api, "getWebhookInfo")["url"] == ""


@pytest.mark.parametrize("asked", [{"url": "http://example.org/"}, {"url": "https://x.org/", "secret_token": "a b"}])
def test_webhooks_must_be_safe(api: BotApi, asked: dict[str, Any]) -> None:
    """A webhook needs https and a secret of allowed characters."""
    assert ask(api, "setWebhook", **asked)[0] == 400


async def test_webhooks_are_insistent(api: BotApi) -> None:
    """An update is brought with its secret until it is taken with a 2xx, and only of the kinds asked for."""
    seen: list[tuple[str, dict[str, Any]]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        secret = head.split("secret-token: ")[1].split("\r\n")[0]
        seen.append((secret, json.loads(await reader.readexactly(length))))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (500 if len(seen) < 3 else 200))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api._do_setWebhook({"url": f"http://127.0.0.1:{port}/", "secret_token": "s3cret", "allowed_updates": '["message"]'})
    officer = api.user("Robin")
    officer.blocks()
    officer.says("hello")
    await until(lambda: api.quiet)
    server.close()

    assert [delivery.status for delivery in api.deliveries] in ([500, 500, 200], [500, 0, 500, 0, 200])
    assert {(secret, update["message"]["text"]) for secret, update in seen} == {("s3cret", "hello")}


def test_faults(api: BotApi) -> None:
    """What a test arranges to go wrong goes wrong as often as arranged, where arranged."""
    officer, other = api.user("Robin"), api.user("Alex")
    api.fault("sendMessage", retry_after=3, chat=officer.id)
    api.fault("*", status=500)

    status, body = ask(api, "sendMessage", chat_id=officer.id, text="hi")

    assert (status, body["parameters"]) == (429, {"retry_after": 3})
    assert ask(api, "getMe")[0] == 500
    assert ask(api, "sendMessage", chat_id=other.id, text="hi")[0] == 200
    api.fault("sendMessage", cut=True)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(api, "sendMessage", chat_id=other.id, text="carried out")
    assert other.hears() == ["hi", "carried out"]


def test_flood_control(api: BotApi) -> None:
    """Beyond its limit a second, Telegram refuses and says for how long."""
    api.limit_per_second = 2
    officer = api.user("Robin")

    answers = [ask(api, "sendMessage", chat_id=officer.id, text="hi") for _ in range(3)]

    assert [status for status, _ in answers] == [200, 200, 429]
    assert answers[2][1]["parameters"]["retry_after"] == 1


def test_down_and_up(api: BotApi) -> None:
    """Down, nobody answers; up again, everything is as it was, at the same address."""
    url = api.url
    api.down()
    with pytest.raises(httpx.ConnectError):
        ask(api, "getMe")
    api.up()

    assert api.url == url
    assert ask(api, "getMe")[0] == 200
