"""Bad networks: nothing is lost, nothing is doubled, and what did not arrive says so."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from bot.wording import Reply
from tests.widget.chat import bubbles, last_answer, open_chat, own, say
from tests.widget.service import Service


def test_offline_words_wait_and_go_once(page: Page, service: Service) -> None:
    """
    Without a network a message is marked, and goes out by itself, once, when the network is back.
    """
    open_chat(page, service.url)
    page.context.set_offline(True)
    say(page, "in the basement")
    expect(page.get_by_text("Not delivered yet. Trying again.")).to_be_visible()
    page.context.set_offline(False)

    expect(last_answer(page)).to_have_text("Heard: in the basement")
    expect(page.locator(".mark")).to_have_count(0)
    assert service.edge.texts() == ["in the basement"]
    assert own(page) == ["in the basement"]


def test_given_up_message_has_a_button(page: Page, service: Service) -> None:
    """
    After several attempts a message says "Not delivered" and offers to send it again, which sends it once.
    """
    page.clock.install()
    open_chat(page, service.url)
    page.route("**/chat/messages", lambda route: route.abort())
    say(page, "hello")
    expect(page.get_by_text("Not delivered yet.")).to_be_visible()
    for _ in range(5):
        page.wait_for_timeout(100)
        page.clock.fast_forward(9_000)
    again = page.get_by_role("button", name="Send again")
    expect(again).to_be_visible()
    page.unroute("**/chat/messages")
    again.click()

    expect(last_answer(page)).to_have_text("Heard: hello")
    expect(page.locator(".mark")).to_have_count(0)
    assert service.edge.texts() == ["hello"]


def test_lost_answer_does_not_repeat_the_message(page: Page, service: Service) -> None:
    """
    The message arrives, the answer to it is lost: it is asked for again and comes once; the message was heard once.
    """
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append("answer")
        route.fetch()
        return route.abort()

    open_chat(page, service.url)
    page.route("**/chat/messages", lose_first)
    page.route("**/chat/events*", lambda route: route.abort())
    say(page, "hello")

    expect(last_answer(page)).to_have_text("Heard: hello")
    expect(page.locator(".mark")).to_have_count(0)
    assert service.edge.texts() == ["hello"]
    assert bubbles(page).count("Heard: hello") == 1


def test_restarted_server_goes_on(page: Page, service: Service) -> None:
    """
    The server dies and comes back without its memory: what was written meanwhile arrives, once, and the page says so.
    """
    open_chat(page, service.url)
    say(page, "before")
    expect(last_answer(page)).to_have_text("Heard: before")
    service.stop()
    say(page, "meanwhile")
    say(page, "and more")
    service.start()

    expect(page.get_by_text("The server was restarted and has forgotten what was said.")).to_have_count(1)
    expect(page.get_by_text("Heard: meanwhile")).to_have_count(1)
    expect(page.get_by_text("Heard: and more")).to_have_count(1)
    assert sorted(service.edge.texts()) == ["and more", "before", "meanwhile"]
    assert own(page) == ["before", "meanwhile", "and more"]


def killed_after(page: Page, service: Service, text: str) -> None:
    say(page, text)
    service.stop()
    service.start()


def killed_before(page: Page, service: Service, text: str) -> None:
    service.stop()
    say(page, text)
    service.start()


def cut_off(page: Page, service: Service, text: str) -> None:
    page.context.set_offline(True)
    say(page, text)
    page.context.set_offline(False)


def answer_lost(page: Page, service: Service, text: str) -> None:
    page.route("**/chat/messages", lambda route: (route.fetch(), route.abort()), times=1)
    say(page, text)


def test_broken_networks_lose_and_double_nothing(page: Page, service: Service) -> None:
    """
    Twenty messages in one conversation, around each of them the server is killed, the network cut or an answer lost:
    each is heard once and answered on the page once.
    """
    open_chat(page, service.url)
    said = [f"message {number}." for number in range(20)]
    for number, text in enumerate(said):
        (killed_after, killed_before, cut_off, answer_lost)[number % 4](page, service, text)
        expect(page.get_by_text(f"Heard: {text}", exact=True)).to_have_count(1, timeout=20_000)
    expect(page.locator(".mark")).to_have_count(0)

    assert own(page) == said
    assert sorted(bubbles(page)[1:]) == sorted(said + [f"Heard: {text}" for text in said])
    assert sorted(service.edge.texts()) == sorted(said)


def test_pushed_line_survives_a_cut(page: Page, service: Service) -> None:
    """
    A responder's line sent while the network is away comes when it is back, once and in order.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    page.context.set_offline(True)
    for number in range(3):
        service.push(Reply(f"line {number}", speaker="desk"))
    page.wait_for_timeout(300)
    page.context.set_offline(False)

    expect(page.locator(".bubble.desk .text")).to_have_text(["line 0", "line 1", "line 2"], timeout=20_000)


def test_proxy_that_holds_streams_back(page: Page, service: Service) -> None:
    """
    Where a stream never brings its first byte, the widget polls instead, and a responder's line arrives.
    """
    page.route("**/chat/events*", lambda route: None)
    open_chat(page, service.url)
    say(page, "hello")
    with page.expect_request(re.compile("/chat/poll"), timeout=10_000):
        pass
    service.push(Reply("I am here.", speaker="desk"))

    expect(page.locator(".bubble.desk .text")).to_have_text("I am here.")
    page.unroute_all(behavior="ignoreErrors")


def test_unreadable_message_says_so(page: Page, service: Service) -> None:
    """
    What the server refuses for good is marked without a button that could not help.
    """
    open_chat(page, service.url)
    page.route(
        "**/chat/messages",
        lambda route: route.fulfill(status=400, body='{"error": "text"}', content_type="application/json"),
    )
    say(page, "hello")

    expect(page.get_by_text("Not delivered. The server cannot read this message.")).to_be_visible()
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)


def test_idle_conversation_is_announced_and_cleared(page: Page, service: Service) -> None:
    """
    The page says when silence will erase the conversation, and clears itself when it has.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    service.push(status={"state": "idle_soon", "minutes": 5})
    expect(page.get_by_text("In 5 minutes this conversation is erased.")).to_be_visible()
    service.push(status={"state": "idle_soon", "minutes": 1})
    expect(page.get_by_text("In 1 minute this conversation is erased.")).to_be_visible()
    service.push(status={"state": "expired"})

    expect(page.get_by_text("so this conversation was erased")).to_be_visible()
    assert bubbles(page) == []


def test_silent_page_does_not_come_back_by_itself(page: Page, service: Service) -> None:
    """
    A page on which nobody wrote, and which had to make room, opens a conversation again only when somebody writes.
    """
    opened: list[str] = []
    page.on("request", lambda request: opened.append(request.url) if request.url.endswith("/chat/open") else None)
    open_chat(page, service.url)
    service.stop()
    service.start()
    page.wait_for_timeout(1_500)
    assert len(opened) == 1
    say(page, "hello")

    expect(last_answer(page)).to_have_text("Heard: hello")
    assert len(opened) == 2
    expect(page.locator(".note")).to_have_count(0)
