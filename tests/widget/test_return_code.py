"""Coming back: a reload ends the conversation, unless the officer asked for a code."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.widget.chat import bubbles, last_answer, open_chat, say
from tests.widget.service import Service
from tests.widget.storage import KEPT


def ask(page: Page) -> str:
    """Opens the question, makes a code and closes it again."""
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="Make a code").click()
    code = page.locator("output.code")
    expect(code).not_to_be_empty()
    words = code.inner_text()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    return words


def enter(page: Page, code: str) -> None:
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_label("I have a code").fill(code)
    page.get_by_role("button", name="Open").click()


def test_reload_without_a_code_erases(page: Page, service: Service) -> None:
    """
    Whoever reloads the page without having asked for a code has a new conversation, and the old one is forgotten.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    page.reload()
    expect(page.locator(".bubble.assistant").first).to_be_visible()

    assert len(service.edge.forgotten) == 1


def test_reload_with_a_code_comes_back(page: Page, service: Service) -> None:
    """
    With a code, a reload erases nothing, and nine words open the conversation again; nothing is kept on the device.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    code = ask(page)
    page.reload()
    expect(page.locator(".bubble.assistant").first).to_be_visible()
    enter(page, code)
    expect(last_answer(page)).to_have_text("You are back.")
    say(page, "again")
    expect(last_answer(page)).to_have_text("Heard: again")

    assert len(code.split()) == 9
    assert len({incoming.sender for incoming in service.edge.heard}) == 1
    kept = page.evaluate(KEPT)
    assert not any(kept[name] for name in ("local", "session", "cookie", "databases", "caches"))
    assert kept["address"] == ""
    assert page.url == service.url + "/"


def test_a_code_is_shown_once(page: Page, service: Service) -> None:
    """
    Once the question is closed, the code is no longer on the page.
    """
    open_chat(page, service.url)
    code = ask(page)

    assert code not in page.content()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("output.code")).to_be_empty()


def test_a_wrong_code_says_so(page: Page, service: Service) -> None:
    """
    A code that opens nothing is told plainly, and the conversation that is here goes on.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    enter(page, "abandon " * 9)
    expect(page.get_by_text("This code opens nothing.")).to_be_visible()
    page.keyboard.press("Escape")
    say(page, "still here")
    expect(last_answer(page)).to_have_text("Heard: still here")


def test_quick_exit_ends_the_code(page: Page, service: Service) -> None:
    """
    Who leaves quickly leaves nothing behind, a code or not.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    code = ask(page)
    page.route("https://weather.gov/**", lambda route: route.fulfill(body="cover"))
    page.get_by_role("link", name="Leave now").click()
    page.wait_for_url("https://weather.gov/**")
    open_chat(page, service.url)
    enter(page, code)

    expect(page.get_by_text("This code opens nothing.")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_old_window_says_what_happened(page: Page, service: Service, language: str) -> None:
    """
    Where the conversation was opened again elsewhere, the first window does not pretend that it still is.
    """
    open_chat(page, f"{service.url}/{language}")
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    page.get_by_role("button", name={"en": "Keep", "es": "Volver"}[language], exact=True).click()
    page.get_by_role("button", name={"en": "Make a code", "es": "Crear un código"}[language]).click()
    expect(page.locator("output.code")).not_to_be_empty()
    code = page.locator("output.code").inner_text()
    page.keyboard.press("Escape")
    elsewhere = page.context.new_page()
    open_chat(elsewhere, service.url)
    enter(elsewhere, code)
    expect(last_answer(elsewhere)).to_have_text("You are back.")

    expect(page.locator(".log .note")).to_have_count(1)
    assert "You are back." not in bubbles(page)
