"""
A Bot API server of its own, on loopback, over real HTTP: what Telegram would say to a bot, and what it would refuse.

It shares no code with the service and none with python-telegram-bot; it was written from the published description of
the Bot API, and is strict where that is: lengths, markup, unknown chats, the 48 hours within which a bot may delete.
Things go wrong on demand: 429 with ``retry_after``, 500, a cut connection, silence, updates doubled and out of order.

    with BotApi() as api:
        officer = api.user("Robin")
        officer.says("hello")
        await until(lambda: officer.hears())
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.emulators.telegram_people import Group, Message, User

TOKEN = "5550101:canary-token-AAHq0nyDvJQ"
SECRET = "canary-secret-5550101-abcdefghijklmnop"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
DELETABLE = 48 * 3600
DEFAULT_UPDATES = ("message", "edited_message", "channel_post", "callback_query", "my_chat_member")


class ApiError(Exception):
    """Telegram's refusal."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass
class Fault:
    """What goes wrong with the next *times* calls of *method* (``"*"`` for all), in *chat* if given."""

    method: str
    status: int = 500
    retry_after: float = 0
    hang: float = 0
    cut: bool = False  # the call is carried out, but the answer never arrives
    times: int = 1
    chat: int | None = None


@dataclass
class Call:
    """One request of the bot; ``status`` is what it was answered."""

    method: str
    parameters: dict[str, Any]
    at: float
    status: int = 0


@dataclass
class Webhook:
    """Where updates are brought."""

    url: str
    secret: str | None
    allowed: tuple[str, ...]
    connections: int


@dataclass
class Delivery:
    """One attempt to bring an update to the webhook; ``status`` 0 when nobody was there."""

    update_id: int
    status: int
    seconds: float


class BotApi:
    """Telegram, as far as one bot can see it. Use as a context manager."""

    def __init__(self, token: str = TOKEN, *, limit_per_second: int | None = None, seed: int = 7) -> None:
        self.token = token
        self.limit_per_second = limit_per_second
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.messages: dict[int, Message] = {}
        self.chats: defaultdict[int, list[Message]] = defaultdict(list)
        self.people: dict[int, User | Group] = {}
        self.callbacks: dict[str, bool] = {}  # callback id → answered
        self.about: dict[str, Any] = {"commands": [], "name": "", "description": "", "short_description": ""}
        self.webhook: Webhook | None = None
        self.doors: list[str] = []  # what a proxy behind the webhook's address takes in turn, if there are several
        self.lock = threading.RLock()
        self.ahead = 0.0  # seconds by which the clock here is ahead
        self._faults: list[Fault] = []
        self._pending: deque[dict[str, Any]] = deque()
        self._confirmed: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] | None = None
        self._sent_at: deque[float] = deque()
        self._polls = 0
        self._random = random.Random(seed)
        self._next_message = 100
        self._next_update = 731_000_000
        self._server: _Server | None = None
        self._postman: _Postman | None = None
        self._port = _free_port()

    # -- life

    def __enter__(self) -> BotApi:
        self.up()
        self._postman = _Postman(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._postman:
            self._postman.stop()
        self.down()

    @property
    def url(self) -> str:
        """The base URL to give to a bot."""
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Answers from now on, always on the same port."""
        if self._server is None:
            self._server = _Server(self._app(), self._port)

    def down(self) -> None:
        """Cuts every connection and refuses new ones."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def now(self) -> float:
        """The time here; tests may set it ahead with ``ahead``."""
        return time.time() + self.ahead

    # -- what tests arrange

    def user(self, first_name: str, **more: Any) -> User:
        """An invented person with a private chat."""
        person = User(self, 5_550_100_000 + len(self.people), first_name, **more)
        self.people[person.id] = person
        return person

    def group(self, title: str, kind: str = "supergroup") -> Group:
        """A group, or a channel with ``kind="channel"``."""
        place = Group(self, -1_005_550_100_000 - len(self.people), title, kind)
        self.people[place.id] = place
        return place

    def fault(self, method: str, **how: Any) -> Fault:
        """The next calls of *method* go wrong; see ``Fault``."""
        with self.lock:
            self._faults.append(Fault(method, **how))
            return self._faults[-1]

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        with self.lock:
            self._faults.clear()

    @contextmanager
    def shuffled(self, copies: int = 1, again: float = 0.0) -> Iterator[None]:
        """Whatever happens inside is brought afterwards, out of order, *copies* times, a part of it once *again*."""
        with self.lock:
            self._held = []
        yield
        with self.lock:
            held, self._held = [update for update in self._held or [] for _ in range(copies)], None
            held += held[: int(again * len(held))]
            self._random.shuffle(held)
            self._pending.extend(held)

    def repeat_confirmed(self, count: int) -> None:
        """Brings the last *count* confirmed updates once more, as Telegram does after a hiccup."""
        with self.lock:
            self._pending.extend(self._confirmed[-count:])

    def called(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of *method* so far, refused ones too."""
        with self.lock:
            found = [call for call in self.calls if call.method == method]
        return found if chat is None else [call for call in found if int(call.parameters.get("chat_id", 0)) == chat]

    @property
    def confirmed(self) -> int:
        """How many updates count as delivered."""
        with self.lock:
            return len(self._confirmed)

    @property
    def quiet(self) -> bool:
        """True when no update waits to be delivered."""
        with self.lock:
            return not self._pending and not (self._postman and self._postman.busy)

    # -- what happens in the world

    def happened(self, kind: str, part: dict[str, Any]) -> int:
        """An update for the bot; its id."""
        with self.lock:
            self._next_update += 1
            update = {"update_id": self._next_update, kind: part}
            if kind in (self.webhook.allowed if self.webhook else DEFAULT_UPDATES):
                (self._pending if self._held is None else self._held).append(update)
            return self._next_update

    def keep(self, message: Message) -> None:
        """A message stands in its chat."""
        self.messages[message.id] = message
        self.chats[message.chat].append(message)

    def next_message_id(self) -> int:
        """Message ids count up over all chats of a bot."""
        with self.lock:
            self._next_message += 1
            return self._next_message

    def take_pending(self) -> dict[str, Any] | None:
        """The next update to bring to the webhook."""
        with self.lock:
            return self._pending.popleft() if self._pending and self.webhook else None

    def confirm(self, update: dict[str, Any]) -> None:
        """The bot has it."""
        with self.lock:
            self._confirmed.append(update)

    # -- HTTP

    def _app(self) -> Starlette:
        return Starlette(routes=[Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        parameters = await _parameters(request)
        call = Call(request.path_params["method"], parameters, time.monotonic())
        with self.lock:
            self.calls.append(call)
            fault = self._fault_for(call)
        response = await self._carry_out(request, call, fault)
        call.status = response.status_code
        return response

    async def _carry_out(self, request: Request, call: Call, fault: Fault | None) -> Response:
        if fault and fault.hang:
            await asyncio.sleep(fault.hang)
        elif fault and fault.cut:
            await self._result(request, call)
            return StreamingResponse(iter([b"{"]), headers={"content-length": "100"})
        elif fault and fault.retry_after:
            return _refusal(429, "Too Many Requests: retry after", {"retry_after": fault.retry_after})
        elif fault and fault.status == 200:
            return PlainTextResponse("<html>proxy</html>")
        elif fault:
            return _refusal(fault.status, "Internal Server Error", {})
        try:
            return JSONResponse({"ok": True, "result": await self._result(request, call)})
        except ApiError as error:
            return _refusal(error.code, error.description, error.parameters)

    async def _result(self, request: Request, call: Call) -> Any:
        if request.path_params["token"] != self.token:
            raise ApiError(401, "Unauthorized")
        if call.method == "getUpdates":
            return await self._get_updates(call.parameters)
        method: Callable[[dict[str, Any]], Any] | None = getattr(self, "_do_" + call.method, None)
        if method is None:
            raise ApiError(404, "Not Found")
        with self.lock:
            return method(call.parameters)

    def _fault_for(self, call: Call) -> Fault | None:
        chat = int(call.parameters.get("chat_id") or 0)
        for fault in self._faults:
            if fault.method in ("*", call.method) and fault.chat in (None, chat):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    # -- updates

    async def _get_updates(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        self._polls += 1
        mine, end = self._polls, time.monotonic() + min(float(asked.get("timeout", 0)), 50)
        while True:
            with self.lock:
                self._confirm_below(asked.get("offset"))
                found = sorted(self._pending, key=lambda update: int(update["update_id"]))
            if found or time.monotonic() >= end:
                return found[: int(asked.get("limit", 100))]
            if mine != self._polls:
                raise ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one runs")
            await asyncio.sleep(0.01)

    def _confirm_below(self, offset: Any) -> None:
        if offset is None:
            return
        for update in [update for update in self._pending if update["update_id"] < int(offset)]:
            self._pending.remove(update)
            self._confirmed.append(update)

    def _do_setWebhook(self, asked: dict[str, Any]) -> bool:
        url, secret = str(asked.get("url", "")), asked.get("secret_token")
        if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname != "127.0.0.1":
            raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", str(secret)):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        allowed = tuple(_json(asked, "allowed_updates") or DEFAULT_UPDATES)
        self.webhook = Webhook(url, secret, allowed, int(asked.get("max_connections", 40))) if url else None
        return True

    def _do_deleteWebhook(self, asked: dict[str, Any]) -> bool:
        self.webhook = None
        if asked.get("drop_pending_updates") == "true":
            self._pending.clear()
        return True

    def _do_getWebhookInfo(self, _: dict[str, Any]) -> dict[str, Any]:
        held = {"url": self.webhook.url if self.webhook else "", "has_custom_certificate": False}
        return {**held, "pending_update_count": len(self._pending)}

    # -- messages

    def _do_sendMessage(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._pace()
        person = self._reachable(asked)
        text = str(asked.get("text", "")).strip()
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            raise ApiError(400, "Bad Request: message is too long")
        message = Message(
            self.next_message_id(), person.id, True, self.now(), text, _keyboard(_json(asked, "reply_markup"))
        )
        message.protected = asked.get("protect_content") == "true"
        message.preview = not (_json(asked, "link_preview_options") or {}).get("is_disabled", False)
        self.keep(message)
        return self._shown(message)

    def _do_editMessageReplyMarkup(self, asked: dict[str, Any]) -> dict[str, Any]:
        message, keyboard = self._own(asked), _keyboard(_json(asked, "reply_markup"))
        if message.keyboard == keyboard:
            raise ApiError(400, "Bad Request: message is not modified")
        message.keyboard = keyboard
        return self._shown(message)

    def _do_editMessageText(self, asked: dict[str, Any]) -> dict[str, Any]:
        message = self._own(asked)
        message.text, message.keyboard = str(asked["text"]), _keyboard(_json(asked, "reply_markup"))
        return self._shown(message)

    def _do_deleteMessage(self, asked: dict[str, Any]) -> bool:
        message = self.messages.get(int(asked["message_id"]))
        if message is None or message.deleted or message.chat != self._reachable(asked, blocked_too=True).id:
            raise ApiError(400, "Bad Request: message to delete not found")
        self._delete([message])
        return True

    def _do_deleteMessages(self, asked: dict[str, Any]) -> bool:
        chat, numbers = self._reachable(asked, blocked_too=True).id, _json(asked, "message_ids")
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
            raise ApiError(400, "Bad Request: invalid list of message identifiers specified")
        found = [self.messages[number] for number in numbers if number in self.messages]
        self._delete([message for message in found if message.chat == chat and not message.deleted])
        return True

    def _delete(self, messages: list[Message]) -> None:
        if any(self.now() - message.date > DELETABLE for message in messages):
            raise ApiError(400, "Bad Request: message can't be deleted for everyone")
        for message in messages:
            message.deleted = True

    def _do_answerCallbackQuery(self, asked: dict[str, Any]) -> bool:
        callback = str(asked.get("callback_query_id"))
        if callback not in self.callbacks:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(str(asked.get("text", ""))) > 200:
            raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        self.callbacks[callback] = True
        return True

    def _do_sendChatAction(self, asked: dict[str, Any]) -> bool:
        if asked.get("action") not in ("typing", "upload_document"):
            raise ApiError(400, "Bad Request: wrong parameter action in request")
        return bool(self._reachable(asked))

    def _do_leaveChat(self, asked: dict[str, Any]) -> bool:
        place = self.people.get(int(asked.get("chat_id", 0)))
        if not isinstance(place, Group) or not place.has_bot:
            raise ApiError(400, "Bad Request: chat not found")
        place.loses_bot()
        return True

    # -- about the bot

    def _do_getMe(self, _: dict[str, Any]) -> dict[str, Any]:
        return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": False}

    @property
    def bot(self) -> dict[str, Any]:
        """The bot as a user."""
        number = int(self.token.split(":")[0])
        return {"id": number, "is_bot": True, "first_name": "Bot", "username": "sidedoor_test_bot"}

    def _do_setMyCommands(self, asked: dict[str, Any]) -> bool:
        commands = _json(asked, "commands")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        self.about["commands"] = commands
        return True

    def _do_getMyCommands(self, _: dict[str, Any]) -> Any:
        return self.about["commands"]

    def _do_setMyName(self, asked: dict[str, Any]) -> bool:
        return self._describe("name", asked, 64)

    def _do_setMyDescription(self, asked: dict[str, Any]) -> bool:
        return self._describe("description", asked, 512)

    def _do_setMyShortDescription(self, asked: dict[str, Any]) -> bool:
        return self._describe("short_description", asked, 120)

    def _do_getMyName(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"name": self.about["name"]}

    def _do_getMyDescription(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"description": self.about["description"]}

    def _do_getMyShortDescription(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"short_description": self.about["short_description"]}

    def _describe(self, part: str, asked: dict[str, Any], longest: int) -> bool:
        if len(str(asked.get(part, ""))) > longest:
            raise ApiError(400, f"Bad Request: {part} is too long")
        self.about[part] = asked.get(part, "")
        return True

    # -- rules

    def _reachable(self, asked: dict[str, Any], *, blocked_too: bool = False) -> User | Group:
        person = self.people.get(int(asked.get("chat_id", 0)))
        if person is None or (isinstance(person, Group) and not person.has_bot):
            raise ApiError(400, "Bad Request: chat not found")
        if isinstance(person, User) and not person.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        if isinstance(person, User) and person.has_blocked and not blocked_too:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return person

    def _own(self, asked: dict[str, Any]) -> Message:
        message = self.messages.get(int(asked.get("message_id", 0)))
        if message is None or message.deleted or not message.by_bot or message.chat != self._reachable(asked).id:
            raise ApiError(400, "Bad Request: message to edit not found")
        return message

    def _pace(self) -> None:
        if self.limit_per_second is None:
            return
        now = time.monotonic()
        while self._sent_at and self._sent_at[0] < now - 1:
            self._sent_at.popleft()
        if len(self._sent_at) >= self.limit_per_second:
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
        self._sent_at.append(now)

    def _shown(self, message: Message) -> dict[str, Any]:
        """The message as Telegram shows it to the bot."""
        shown = {"message_id": message.id, "date": int(message.date), "chat": self.people[message.chat].chat()}
        if message.keyboard:
            shown["reply_markup"] = {"inline_keyboard": message.keyboard}
        return {**shown, "from": self.bot, "text": message.text}

    shown = _shown


class _Server:
    """uvicorn in a thread."""

    def __init__(self, app: Starlette, port: int) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=10)


class _Postman:
    """Brings updates to the webhook, over several connections at a time, until each was taken with a 2xx."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._running = True
        self.busy = 0
        self._turn = 0
        self._idle: list[tuple[str, asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._running = False
        self._thread.join(timeout=10)

    async def _work(self) -> None:
        tasks: set[asyncio.Task[None]] = set()
        while self._running:
            hook = self._api.webhook
            update = self._api.take_pending() if hook and len(tasks) < hook.connections else None
            if update is None:
                await asyncio.sleep(0.003)
                continue
            self.busy += 1
            task = asyncio.create_task(self._bring(update))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        for task in tasks:
            task.cancel()
        for _, _, writer in self._idle:
            writer.close()

    async def _bring(self, update: dict[str, Any]) -> None:
        pause = 0.02
        while self._running and (hook := self._api.webhook):
            started = time.monotonic()
            self._turn += 1
            if doors := self._api.doors:
                hook = replace(hook, url=doors[self._turn % len(doors)])
            status = await self._post(hook, json.dumps(update).encode())
            self._api.deliveries.append(Delivery(update["update_id"], status, time.monotonic() - started))
            if 200 <= status < 300:
                self._api.confirm(update)
                break
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)
        self.busy -= 1

    async def _post(self, hook: Webhook, body: bytes) -> int:
        """The status of one request; 0 when nobody was there."""
        place = urlsplit(hook.url)
        secret = "" if hook.secret is None else f"{SECRET_HEADER}: {hook.secret}\r\n"
        head = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n{secret}Content-Type: application/json\r\n"
        try:
            found = next((held for held in self._idle if held[0] == place.netloc), None)
            if found:
                self._idle.remove(found)
            else:
                found = (place.netloc, *await asyncio.open_connection(place.hostname, place.port))
            _, reader, writer = found
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            self._idle.append(found)
            return int(answer.split()[1])
        except (OSError, EOFError, TimeoutError, ValueError):
            return 0


async def until(condition: Callable[[], Any], within: float = 15.0, every: float = 0.005) -> Any:
    """Waits for *condition* to be true and returns its value; fails the test when it does not become so."""
    end = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {within} s")
        await asyncio.sleep(every)
    return value


def _refusal(code: int, description: str, parameters: dict[str, Any]) -> JSONResponse:
    body = {"ok": False, "error_code": code, "description": description}
    return JSONResponse({**body, "parameters": parameters} if parameters else body, status_code=code)


async def _parameters(request: Request) -> dict[str, Any]:
    """From the query, a form or JSON, as the Bot API takes them."""
    found: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**found, **json.loads(body or b"{}")}
    return {**found, **dict(parse_qsl(body.decode(), keep_blank_values=True))}


def _json(asked: dict[str, Any], name: str) -> Any:
    value = asked.get(name)
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ApiError(400, f"Bad Request: can't parse {name}") from None


def _keyboard(markup: Any) -> list[list[dict[str, Any]]]:
    """An inline keyboard as the Bot API takes it."""
    if markup is None:
        return []
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list):
        raise ApiError(400, "Bad Request: object expected as reply markup")
    for button in (button for row in rows for button in row):
        _check_button(button)
    return [row for row in rows if row]


def _check_button(button: dict[str, Any]) -> None:
    if not button.get("text") or len(button.keys() & {"url", "callback_data", "web_app", "switch_inline_query"}) != 1:
        raise ApiError(400, "Bad Request: can't parse inline keyboard button: exactly one optional field must be used")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    if "url" in button and not re.match(r"https?://[\w-]+(\.[\w-]+)+", button["url"]):
        raise ApiError(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
