"""Leaving at once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bot.channels.web_pages import Pages
from tests.widget.chat import field, last_answer, open_chat, say
from tests.widget.service import Service, free_port, hosted_by, html, settings, snippet

COVERED = """() => [!!document.querySelector("html > dialog[open]"), getComputedStyle(document.body).display, document.title]"""


@pytest.fixture
def service() -> Iterator[Service]:
    """A server that also plays the page where quick exit leads."""
    port = free_port()
    pages = [html("/weather", "<p>Sunny, light wind.</p>"), html("/before", "<p>A search.</p>")]
    with Service(settings(exit_url=f"http://127.0.0.1:{port}/weather"), port=port, more=pages) as running:
        yield running


def talk(page: Page, service: Service) -> None:
    page.goto(service.url + "/before")
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")


def expect_left(page: Page, service: Service) -> None:
    expect(page.get_by_text("Sunny, light wind.")).to_be_visible()
    deadline = time.monotonic() + 3
    while not service.edge.forgotten and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert service.edge.forgotten == [service.edge.heard[0].sender]


def test_button_leaves_and_the_server_forgets(page: Page, service: Service) -> None:
    """
    Leave now ends on another page; the conversation is erased; going back does not lead to it.
    """
    talk(page, service)
    page.get_by_role("link", name="Leave now").click()
    expect_left(page, service)
    page.go_back()

    expect(page.get_by_text("A search.")).to_be_visible()


def test_cover_is_there_at_once(page: Page, service: Service) -> None:
    """
    When the press returns the page is covered, hidden and renamed: nothing is waited for (`benchmarks/widget.py` times it).
    """
    talk(page, service)
    page.route("**/weather", lambda route: route.abort("aborted"))
    at_once = page.get_by_role("link", name="Leave now").evaluate(
        f"(exit) => {{ exit.click(); return ({COVERED})(); }}"
    )

    assert at_once == [True, "none", "Loading"]
    assert page.evaluate(COVERED) == [True, "none", "Loading"]
    page.keyboard.press("Escape")
    assert page.evaluate(COVERED)[0] is True


def test_shift_three_times_leaves(page: Page, service: Service) -> None:
    """
    Three presses of Shift alone leave, also from within the field; the page counts along.
    """
    talk(page, service)
    field(page).focus()
    page.keyboard.press("Shift")
    expect(page.get_by_text("Press Shift two more times to leave.")).to_be_visible()
    page.keyboard.press("Shift")
    expect(page.get_by_text("Press Shift once more to leave.")).to_be_visible()
    page.keyboard.press("Shift")

    expect_left(page, service)


def test_capital_letters_do_not_leave(page: Page, service: Service) -> None:
    """
    Shift as part of writing does not count, and a press long ago does not either.
    """
    talk(page, service)
    field(page).focus()
    for letter in "EAP IA":
        page.keyboard.press(f"Shift+{letter}")
    page.keyboard.press("Shift")
    page.keyboard.press("a")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")

    expect(field(page)).to_have_value("EAP IAa")
    assert page.url == service.url + "/"


def test_exit_is_first_for_the_keyboard(page: Page, service: Service) -> None:
    """
    The first Tab lands on the way out, and Enter takes it.
    """
    talk(page, service)
    page.evaluate(
        "document.activeElement.blur(); document.querySelector('support-chat').shadowRoot.activeElement?.blur()"
    )
    page.reload()
    expect(page.locator(".bubble.assistant").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Leave now")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Sunny, light wind.")).to_be_visible()


def test_exit_stays_in_view(page: Page, service: Service) -> None:
    """
    However long the conversation and however small the screen, the way out does not scroll away.
    """
    for width, height in ((320, 240), (390, 844), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        open_chat(page, service.url)
        for number in range(6):
            say(page, f"line {number}")
        expect(last_answer(page)).to_have_text("Heard: line 5")

        expect(page.get_by_role("link", name="Leave now")).to_be_in_viewport()


def test_exit_works_when_the_server_is_dead(page: Page, service: Service) -> None:
    """
    Covering and leaving need no server of ours.
    """
    talk(page, service)
    page.route("**/weather", lambda route: route.fulfill(body="Sunny", content_type="text/html"))
    service.stop()
    page.get_by_role("link", name="Leave now").click()

    expect(page.get_by_text("Sunny")).to_be_visible()


def test_embedded_exit_leaves_the_host_page(page: Page, service: Service) -> None:
    """
    Inside another site it is that site's page which is covered and replaced.
    """
    policy = f"default-src 'none'; script-src {service.url}; connect-src {service.url}"
    with hosted_by(service, f"<p>Union news</p>{snippet(service)}", policy) as host:
        page.goto(host.url + "/host")
        page.get_by_role("button", name="Open the chat").click()
        expect(page.locator(".bubble.assistant").first).to_be_visible()
        say(page, "hello")
        expect(last_answer(page)).to_have_text("Heard: hello")
        page.get_by_role("link", name="Leave now").click()

        expect_left(page, service)


def test_framed_exit_leaves_the_host_page(page: Page, service: Service) -> None:
    """
    From the sandboxed frame, too, it is the host's page that goes.
    """
    pages = Pages(service.settings.exit_url)
    policy = "default-src 'none'; " + pages.host_policy(service.url)["frame"]
    with hosted_by(service, pages.frame(service.url), policy) as host:
        page.goto(host.url + "/host")
        inside = page.frame_locator("iframe")
        inside.get_by_role("textbox").fill("hello")
        inside.get_by_role("textbox").press("Enter")
        expect(inside.locator(".bubble .text").last).to_have_text("Heard: hello")
        inside.get_by_role("button", name="Plan", exact=True).click()
        expect(inside.get_by_label("How I notice it coming")).to_be_visible()
        with page.expect_download() as download:
            inside.get_by_role("button", name="Download").click()
        assert download.value.suggested_filename == "plan.txt"
        inside.get_by_role("dialog").get_by_role("button", name="Close").click()
        inside.get_by_role("link", name="Leave now").click()

        expect_left(page, service)


def test_page_brought_back_by_the_browser_is_empty(page: Page, service: Service) -> None:
    """
    When the browser shows the page again out of its memory, the cover is gone and so is the conversation.
    """
    talk(page, service)
    page.route("**/weather", lambda route: route.abort("aborted"))
    page.get_by_role("link", name="Leave now").click()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.locator(".bubble.assistant").first).to_be_visible()

    assert page.locator(".bubble.you").count() == 0
    assert page.evaluate(COVERED)[:2] == [False, "block"]
