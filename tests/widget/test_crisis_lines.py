"""The numbers are there, whatever else is not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.widget.chat import LINES, expect_lines, open_chat, say
from tests.widget.service import Service, hosted_by, html, settings, snippet


def test_without_javascript(chromium: Browser, service: Service) -> None:
    """
    With scripts off the page shows every line, the way out as a plain link, and says what is missing.
    """
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(service.url)

    expect_lines(page)
    expect(page.get_by_role("link", name="Leave now")).to_have_attribute("href", "https://weather.gov/")
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.get_by_text("Your browser's history shows that you opened this page.")).to_be_visible()
    context.close()


@pytest.mark.parametrize(
    "part", ["define.js", "support-chat.js", "conversation.js", "support-chat.css", "strings.en.json"]
)
def test_while_a_part_is_loading(page: Page, service: Service, part: str) -> None:
    """
    As long as any part of the widget has not come, the static page shows.
    """
    page.route(f"**/widget/{part}", lambda route: None)
    page.goto(service.url, wait_until="commit")
    page.wait_for_timeout(300)

    expect_lines(page)


def test_when_a_part_was_changed(page: Page, service: Service) -> None:
    """
    A part whose content is not the one that was hashed does not run, and the static page stays.
    """
    page.route(
        "**/widget/conversation.js",
        lambda route: route.fulfill(body="document.title = 'changed'", content_type="text/javascript"),
    )
    page.goto(service.url)
    page.wait_for_timeout(500)

    expect_lines(page)
    expect(page.get_by_text("The chat is loading.")).to_be_visible()
    assert page.title() == "Support chat"


def test_when_the_server_never_answers(page: Page, service: Service) -> None:
    """
    The widget runs, the server is dead from the beginning: lines, and a sentence that says so.
    """
    page.route("**/chat/**", lambda route: route.abort())
    page.goto(service.url)

    expect(page.get_by_text("No connection.")).to_be_visible()
    expect_lines(page)


def test_when_the_server_dies(page: Page, service: Service) -> None:
    """
    The server is killed in mid-conversation: lines, the unsent words, and a sentence that says so.
    """
    open_chat(page, service.url)
    service.stop()
    say(page, "are you there")

    expect(page.get_by_text("No connection.")).to_be_visible()
    expect(page.get_by_text("Not delivered yet.")).to_be_visible()
    expect_lines(page)


def test_when_the_chat_is_full(page: Page) -> None:
    """
    With no place left the page says so, the lines stay, and a crisis is answered all the same.
    """
    with Service(settings(web_sessions=1)) as service:
        open_chat(page, service.url)
        say(page, "I hold the only place")
        second = page.context.new_page()
        second.set_default_timeout(20_000)
        second.goto(service.url)

        expect(second.get_by_text("The chat is full right now.")).to_be_visible()
        say(second, "crisis")
        expect(second.locator(".bubble.crisis").first).to_be_visible()
        expect_lines(second)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (320, 568), (844, 390)])
def test_in_conversation_and_crisis(page: Page, service: Service, size: tuple[int, int]) -> None:
    """
    On every screen the lines stay in view while the conversation grows.
    """
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_chat(page, service.url)
    for number in range(5):
        say(page, f"line {number}")
    say(page, "crisis")
    expect(page.locator(".bubble.crisis").last).to_be_in_viewport()

    expect_lines(page)


def test_while_waiting_and_with_a_person(page: Page, service: Service) -> None:
    """
    Waiting for a person, or with one, the lines are still there.
    """
    page.set_viewport_size({"width": 390, "height": 664})
    open_chat(page, service.url)
    say(page, "crisis")
    page.get_by_role("button", name="Bring a person in").click()
    expect(page.get_by_role("timer")).to_have_text("0 s")
    expect_lines(page)
    service.push(status={"state": "live", "seconds": 1, "tier": 1})
    expect(page.get_by_text("A person on duty is here.")).to_be_visible()

    expect_lines(page)


def test_embedded_with_a_dead_server(page: Page, service: Service) -> None:
    """
    In a host's page the lines are there while the chat is closed, and when the server goes away before it is opened.
    """
    policy = f"default-src 'none'; script-src {service.url}; connect-src {service.url}"
    with hosted_by(service, snippet(service), policy) as host:
        page.goto(host.url + "/host")
        expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
        expect_lines(page)
        service.stop()
        page.get_by_role("button", name="Open the chat").click()

        expect(page.get_by_text("No connection.")).to_be_visible()
        expect_lines(page)


def test_embedded_when_the_widget_does_not_load(page: Page, service: Service) -> None:
    """
    When define.js comes but the rest does not, it leaves the plain numbers in the host's page.
    """
    with hosted_by(service, snippet(service), f"default-src 'none'; script-src {service.url}") as host:
        page.route("**/widget/log.js", lambda route: route.abort())
        page.goto(host.url + "/host")

        for href in LINES:
            expect(page.locator(f'a[href="{href}"]')).to_be_visible()


def test_unlisted_site_gets_nothing(page: Page, service: Service) -> None:
    """
    A site that is not on the list cannot load the widget, so it cannot dress up as the service.
    """
    with Service(
        more=[html("/host", snippet(service), f"script-src {service.url}; connect-src {service.url}")]
    ) as other:
        page.goto(other.url + "/host")
        page.wait_for_timeout(500)

        assert page.evaluate("customElements.get('support-chat') === undefined")
