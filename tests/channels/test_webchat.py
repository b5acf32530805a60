"""The web chat over real HTTP, behind it a scripted edge."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.channels import webchat
from bot.channels.web_sessions import SessionClosed
from bot.wording import Reply
from tests.widget.service import NUMBERS, Service, settings


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


class Browser:
    """What the widget does, without a browser. A new one has an open conversation."""

    def __init__(self, service: Service) -> None:
        self.http = httpx.Client(base_url=service.url, timeout=10)
        opened = self.http.post("/chat/open", json={}).json()
        self.token, self.events = opened["token"], opened["events"]
        self.ids = 0

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, body: dict[str, Any]) -> httpx.Response:
        return self.http.post("/chat/messages", json=body, headers=self.auth)

    def say(self, text: str, after: int = 0, **more: Any) -> list[dict[str, Any]]:
        self.ids += 1
        answer = self.post({"id": f"message-{self.ids}", "text": text, "after": after, **more})
        assert answer.status_code == 200
        return list(answer.json()["events"])


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["text"] for event in events if event["kind"] == "message"]


# -- a conversation


def test_first_contact_comes_before_anything_is_told(service: Service) -> None:
    """
    Opening a conversation brings the notice and its buttons, numbered.
    """
    browser = Browser(service)

    assert browser.events[0]["seq"] == 1
    assert "software" in browser.events[0]["text"]
    assert [button["payload"] for button in browser.events[0]["buttons"]] == ["/options", "/private"]


def test_answer_is_in_the_response(service: Service) -> None:
    """
    The answer to a message needs no stream: it comes in the response, with its level and kind.
    """
    events = Browser(service).say("crisis", after=1)

    assert texts(events)[0] == NUMBERS
    assert {event["reply_kind"] for event in events} == {"crisis"}
    assert {event["level"] for event in events} == {"imminent"}


def test_answer_names_the_message(service: Service) -> None:
    """
    Every event of an answer carries the id of the message, for a browser that lost the response but has the stream.
    """
    events = Browser(service).say("crisis", after=1)

    assert {event["to"] for event in events} == {"message-1"}


def test_sender_is_not_the_token(service: Service) -> None:
    """
    The edge is told a digest; the token itself stays in the browser.
    """
    browser = Browser(service)
    browser.say("hello")

    assert service.edge.heard[0].channel == "web"
    assert len(service.edge.heard[0].sender) == 64
    assert browser.token not in repr(service.edge.heard)


def test_retried_message_is_heard_once(service: Service) -> None:
    """
    A message sent again with the same id gets the same answer and reaches the edge once.
    """
    browser = Browser(service)
    body = {"id": "the-same-id", "text": "options", "after": 1}
    first, second = browser.post(body), browser.post(body)

    assert first.json() == second.json()
    assert service.edge.texts() == ["options"]


def test_simultaneous_retries_are_heard_once(service: Service) -> None:
    """
    A retry that overtakes a slow first attempt waits for the same answer.
    """
    browser = Browser(service)
    body = {"id": "the-same-id", "text": "slow question", "after": 1}
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(browser.post(body).json())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers[0] == answers[1] == answers[2]
    assert service.edge.texts() == ["slow question"]


def test_slow_message_does_not_hold_up_a_crisis(service: Service) -> None:
    """
    While one message waits for its answer, the next one is heard and answered.
    """
    browser = Browser(service)
    slow = threading.Thread(target=lambda: browser.post({"id": "slow-one", "text": "slow question"}))
    slow.start()
    started = time.perf_counter()
    events = browser.say("crisis", after=1)
    took = time.perf_counter() - started
    slow.join()

    assert NUMBERS in texts(events)
    assert took < 0.5


def test_failure_behind_is_a_plain_error_and_can_be_tried_again(service: Service) -> None:
    """
    An exception answers 500 without a word about it, and the same id is heard again on a retry.
    """
    browser = Browser(service)
    body = {"id": "the-same-id", "text": "broken thing"}
    first, second = browser.post(body), browser.post(body)

    assert first.status_code == second.status_code == 500
    assert first.json() == {"error": "failed"}
    assert len(service.edge.heard) == 2


# -- what nobody asked for


def stream_of(browser: Browser, after: int, wanted: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with browser.http.stream("GET", f"/chat/events?after={after}", headers=browser.auth) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
            if len(found) == wanted:
                return found
    return found


def test_pushed_lines_come_over_the_stream(service: Service) -> None:
    """
    A responder's line and the state of the handoff reach the reader of the stream.
    """
    browser = Browser(service)
    browser.say("hello", after=1)
    service.push(Reply("I am here.", speaker="desk"), status={"state": "live", "seconds": 0, "tier": 1})
    line, status = stream_of(browser, 2, 2)

    assert (line["speaker"], line["text"]) == ("desk", "I am here.")
    assert status["status"]["state"] == "live"


def test_stream_resumes_where_it_was_cut(service: Service) -> None:
    """
    A reader that comes back with its last number gets what it has missed, and nothing twice.
    """
    browser = Browser(service)
    browser.say("hello", after=1)
    for number in range(3):
        service.push(Reply(f"line {number}", speaker="desk"))
    first = stream_of(browser, 2, 2)
    rest = stream_of(browser, first[-1]["seq"], 1)

    assert texts(first + rest) == ["line 0", "line 1", "line 2"]


def test_poll_waits_for_news(service: Service) -> None:
    """
    The fall-back holds the request until something is there.
    """
    browser = Browser(service)
    browser.say("hello", after=1)
    threading.Timer(0.3, lambda: service.push(Reply("late line", speaker="desk"))).start()
    answer = browser.http.get("/chat/poll?after=2", headers=browser.auth)

    assert texts(answer.json()["events"]) == ["late line"]


def test_silent_poll_ends_empty(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without news a poll ends with no events, so that no proxy cuts it.
    """
    monkeypatch.setattr(webchat, "POLL_SECONDS", 0.2)
    browser = Browser(service)

    assert browser.http.get("/chat/poll?after=1", headers=browser.auth).json() == {"events": []}


def test_newer_reader_ends_the_older(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    One session has one stream: a reader left behind by a lost network does not stay forever.
    """
    monkeypatch.setattr(webchat, "HEARTBEAT_SECONDS", 0.1)
    browser = Browser(service)
    ended = threading.Event()
    older = threading.Thread(target=lambda: (stream_of(browser, 1, 99), ended.set()))
    older.start()
    time.sleep(0.2)
    newer = threading.Thread(target=lambda: stream_of(browser, 1, 1), daemon=True)
    newer.start()

    assert ended.wait(3)
    browser.say("crisis")
    older.join(3)
    newer.join(3)


def test_line_for_nobody_is_reported(service: Service) -> None:
    """
    A push to a conversation that is gone raises, so that the desk is not told that it arrived.
    """
    browser = Browser(service)
    browser.say("hello")
    browser.http.post("/chat/leave", content=browser.token)

    with pytest.raises(SessionClosed):
        service.push(Reply("too late", speaker="desk"))


# -- erasing and leaving


def test_forget_erases_and_says_so(service: Service) -> None:
    """
    Erasing reaches the edge, answers what was erased, and the token opens nothing any more.
    """
    browser = Browser(service)
    browser.say("hello")
    answer = browser.http.post("/chat/forget", json={}, headers=browser.auth)

    assert texts(answer.json()["events"]) == ["Erased: the conversation."]
    assert service.edge.forgotten == [service.edge.heard[0].sender]
    assert browser.post({"id": "afterwards", "text": "hello"}).status_code == 401


def test_erasure_in_words_ends_the_session_too(service: Service) -> None:
    """
    When the edge says that a conversation was erased, its token dies with it and the page is told to clear itself.
    """
    browser = Browser(service)
    events = browser.say("delete everything", after=1)

    assert events[-1]["status"] == {"state": "erased"}
    assert browser.post({"id": "afterwards", "text": "hello"}).status_code == 401


def test_nothing_is_heard_after_an_erasure(service: Service) -> None:
    """
    A message that still waits for its answer is cut short when the conversation is erased.
    """
    browser = Browser(service)
    late: list[int] = []
    body = {"id": "slow-one", "text": "slow question"}
    waiting = threading.Thread(target=lambda: late.append(browser.post(body).status_code))
    waiting.start()
    time.sleep(0.3)
    browser.http.post("/chat/forget", json={}, headers=browser.auth)
    waiting.join(1)

    assert late == [401]


def test_quick_exit_needs_only_a_beacon(service: Service) -> None:
    """
    Leaving takes the token as a plain text body, makes the edge forget, and clears what the browser holds.
    """
    browser = Browser(service)
    browser.say("hello")
    answer = browser.http.post(
        "/chat/leave", content=browser.token, headers={"Content-Type": "text/plain;charset=UTF-8"}
    )

    assert answer.status_code == 204
    assert answer.headers["clear-site-data"] == '"*"'
    assert service.edge.forgotten == [service.edge.heard[0].sender]


def test_leaving_with_a_wrong_token_tells_nothing(service: Service) -> None:
    """
    A stranger's token gets the same answer and erases nobody.
    """
    answer = httpx.post(service.url + "/chat/leave", content="not-a-token")

    assert answer.status_code == 204
    assert service.edge.forgotten == []


# -- bounds


def test_too_many_messages_are_slowed_but_a_crisis_is_not() -> None:
    """
    Past the limit an ordinary message gets a line that says so; a crisis gets its numbers.
    """
    with Service(settings(web_messages_per_minute=2)) as service:
        browser = Browser(service)
        answers = [texts(browser.say(f"word {number}", after=number + 1))[-1] for number in range(3)]
        crisis = texts(browser.say("crisis", after=4))

    assert "Too many" in answers[2]
    assert NUMBERS in crisis


def test_full_house_makes_room_for_who_writes() -> None:
    """
    With all places taken, a conversation in which nobody ever wrote gives way to a new one.
    """
    with Service(settings(web_sessions=2)) as service:
        silent, speaking = Browser(service), Browser(service)
        speaking.say("hello")
        newcomer = Browser(service)

        assert silent.post({"id": "too-late", "text": "hello"}).status_code == 401
        assert newcomer.say("hello")
        assert speaking.say("hello again")


def test_full_house_still_answers_a_crisis() -> None:
    """
    Where nobody can give way, a new conversation is refused, but a crisis without one is answered.
    """
    with Service(settings(web_sessions=1)) as service:
        Browser(service).say("hello")
        refused = httpx.post(service.url + "/chat/open", json={})
        crisis = httpx.post(service.url + "/chat/messages", json={"id": "no-session", "text": "crisis"})
        other = httpx.post(service.url + "/chat/messages", json={"id": "no-session", "text": "hello"})

        assert (refused.status_code, refused.json()) == (503, {"error": "full"})
        assert texts(crisis.json()["events"])[0] == NUMBERS
        assert other.status_code == 503
        assert len(service.edge.forgotten) == 2


def test_idle_conversation_is_warned_then_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A silent conversation hears of it before it is erased, and the edge forgets it.
    """
    monkeypatch.setattr(webchat, "SWEEP_SECONDS", 0.05)
    with Service(settings(idle_minutes=1 / 60)) as service:
        browser = Browser(service)
        browser.say("hello", after=1)
        states = [event["status"]["state"] for event in stream_of(browser, 2, 2)]

        assert states == ["idle_soon", "expired"]
        assert browser.post({"id": "afterwards", "text": "hello"}).status_code == 401
        assert service.edge.forgotten == [service.edge.heard[0].sender]


# -- refusals


BAD = [
    (b"{", "application/json", 400, "json"),
    (b"[]", "application/json", 400, "json"),
    (b"[" * 60_000, "application/json", 400, "json"),
    (b'{"id": "\xff"}', "application/json", 400, "encoding"),
    (b'{"id": 7, "text": "x"}', "application/json", 400, "id"),
    (b'{"id": "short", "text": "x"}', "application/json", 400, "id"),
    (b'{"id": "long-enough"}', "application/json", 400, "text"),
    (b'{"id": "long-enough", "text": 5}', "application/json", 400, "text"),
    (b'{"id": "long-enough", "choice": "/Nope!"}', "application/json", 400, "choice"),
    (b'{"id": "long-enough", "choice": "/a", "text": "both"}', "application/json", 400, "choice"),
    (b'{"id": "long-enough", "text": "x", "after": -1}', "application/json", 400, "after"),
    (b'{"id": "long-enough", "text": "x", "after": true}', "application/json", 400, "after"),
    (b'{"id": "long-enough", "text": "x"}', "text/plain", 415, "type"),
    (b'{"id": "long-enough", "text": "' + b"x" * 70_000 + b'"}', "application/json", 413, "size"),
]


@pytest.mark.parametrize(("body", "kind", "status", "word"), BAD)
def test_bad_request_is_refused_without_an_echo(
    service: Service, body: bytes, kind: str, status: int, word: str
) -> None:
    """
    A request that cannot be read gets one constant word; none of it comes back, and nothing is heard.
    """
    browser = Browser(service)
    answer = browser.http.post("/chat/messages", content=body, headers={**browser.auth, "Content-Type": kind})

    assert (answer.status_code, answer.json()) == (status, {"error": word})
    assert service.edge.heard == []


def test_half_an_emoji_does_no_harm(service: Service) -> None:
    """
    A lone surrogate, legal in JSON, reaches the edge as text that can be encoded.
    """
    browser = Browser(service)
    body = b'{"id": "long-enough", "text": "tired \\ud83d of it"}'
    answer = browser.http.post(
        "/chat/messages", content=body, headers={**browser.auth, "Content-Type": "application/json"}
    )

    assert answer.status_code == 200
    assert service.edge.heard[0].text.encode() == b"tired ? of it"


@pytest.mark.parametrize("path", ["/chat/messages", "/chat/forget"])
@pytest.mark.parametrize("header", [{"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_wrong_token_opens_nothing(service: Service, path: str, header: dict[str, str]) -> None:
    """
    A token that was not given out is refused.
    """
    answer = httpx.post(service.url + path, json={"id": "long-enough", "text": "hello"}, headers=header)

    assert (answer.status_code, answer.json()) == (401, {"error": "session"})


def test_reading_needs_the_token_in_a_header(service: Service) -> None:
    """
    Stream and poll do not take a token from the address, where it would be written down.
    """
    browser = Browser(service)

    for path in ("events", "poll"):
        assert browser.http.get(f"/chat/{path}?after=0&token={browser.token}").status_code == 401


def test_no_cookie_is_ever_set(service: Service) -> None:
    """
    No answer of any route sets a cookie.
    """
    browser = Browser(service)
    browser.say("hello")
    for path in ("/", "/en", "/es", "/frame", "/icon.svg", "/widget/define.js"):
        assert "set-cookie" not in browser.http.get(path).headers

    assert not browser.http.cookies


def test_nothing_is_printed_about_a_request(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    """
    Neither words nor tokens of a request, good, bad or failing, come out on any output.
    """
    browser = Browser(service)
    browser.say("zebra-canary")
    browser.post({"id": "long-enough", "text": "broken zebra-canary"})
    browser.post({"id": "zebra-canary!"})
    printed = "".join(capfd.readouterr())

    assert "zebra-canary" not in printed
    assert browser.token not in printed


# -- coming back with a code


def make_code(browser: Browser) -> str:
    return str(browser.http.post("/chat/code", json={}, headers=browser.auth).json()["code"])


def test_a_code_opens_the_same_conversation(service: Service) -> None:
    """
    Who has the code goes on as the same person for the edge, with a new token; the old one opens nothing.
    """
    before, after = Browser(service), Browser(service)
    before.say("hello")
    answer = after.http.post("/chat/return", json={"code": make_code(before)})
    after.token = answer.json()["token"]

    assert texts(answer.json()["events"]) == ["You are back."]
    after.say("still me", answer.json()["events"][-1]["seq"])
    assert len({incoming.sender for incoming in service.edge.heard}) == 1
    assert before.post({"id": "message-9", "text": "old"}).status_code == 401


def test_pushes_reach_who_came_back(service: Service) -> None:
    """
    A line of a person on duty arrives in the window that was opened with the code.
    """
    before, after = Browser(service), Browser(service)
    before.say("hello")
    after.token = after.http.post("/chat/return", json={"code": make_code(before)}).json()["token"]
    service.push(Reply("I am here.", speaker="desk"))

    assert "I am here." in texts(after.http.get("/chat/poll", headers=after.auth).json()["events"])


@pytest.mark.parametrize("end", ["/chat/forget", "/chat/leave"])
def test_an_erased_conversation_has_no_code(service: Service, end: str) -> None:
    """
    After an erasure or a quick exit the code opens nothing.
    """
    browser = Browser(service)
    code = make_code(browser)
    if end == "/chat/leave":
        browser.http.post(end, content=browser.token)
    else:
        browser.http.post(end, json={}, headers=browser.auth)

    assert browser.http.post("/chat/return", json={"code": code}).status_code == 404


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"code": 7}, 400), ({"code": "abandon"}, 404)])
def test_no_code_no_conversation(service: Service, body: dict[str, Any], status: int) -> None:
    """
    What is no code is refused in one word, and the answer repeats nothing of it.
    """
    answer = Browser(service).http.post("/chat/return", json=body)

    assert (answer.status_code, answer.json()) == (status, {"error": "code"})


@pytest.mark.parametrize("path", ["/chat/poll", "/chat/events"])
def test_the_old_window_hears_nothing_more(service: Service, path: str) -> None:
    """
    What was being read in the first window ends there: whoever looks at it sees nothing of what comes after.
    """
    before, after = Browser(service), Browser(service)
    before.say("hello")
    heard: list[str] = []

    def listen() -> None:
        last = before.http.get("/chat/poll", headers=before.auth).json()["events"][-1]["seq"]
        with httpx.stream("GET", service.url + path, params={"after": last}, headers=before.auth, timeout=10) as answer:
            heard.extend(answer.iter_text())

    thread = threading.Thread(target=listen)
    thread.start()
    time.sleep(0.3)
    after.http.post("/chat/return", json={"code": make_code(before)})
    thread.join(10)

    assert not thread.is_alive()
    assert "You are back." not in "".join(heard)
