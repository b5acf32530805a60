"""What is left on the device: nothing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.widget.chat import last_answer, open_chat, say
from tests.widget.service import Service
from tests.widget.storage import KEPT, NOTHING, left_behind


def test_nothing_is_kept_anywhere(page: Page, service: Service) -> None:
    """
    After a conversation with everything in it: no cookie, no storage, no database, no cache, nothing in the address.
    """
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_chat(page, service.url)
    say(page, "zebra-canary")
    say(page, "options")
    page.get_by_role("button", name="Peer support").click()
    say(page, "crisis")
    expect(page.locator(".bubble.crisis").first).to_be_visible()
    expect(last_answer(page)).to_be_visible()

    assert page.url == service.url + "/"
    assert page.evaluate(KEPT) == NOTHING
    assert not [url for url in asked if "canary" in url or "token" in url]


def test_nothing_is_asked_of_anybody_else(page: Page, service: Service) -> None:
    """
    Every request of the page goes to the service itself.
    """
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")

    assert {url.split("/")[2] for url in asked} == {service.url.split("/")[2]}


def test_field_is_not_remembered_or_checked_elsewhere(page: Page, service: Service) -> None:
    """
    The browser is told neither to keep what is typed nor to send it to a spelling or translation service.
    """
    open_chat(page, service.url)

    assert page.get_by_role("textbox").evaluate("e => [e.autocomplete, e.spellcheck, e.name]") == ["off", False, ""]
    assert page.locator("html").get_attribute("translate") == "no"


def test_what_is_left_behind_would_be_found(page: Page, service: Service) -> None:
    """
    The look at the device that follows each of these tests sees a cookie, a storage, a database, a name, an address.
    """
    open_chat(page, service.url)
    found = []
    for leave, clean in (
        ("localStorage.a = 1", "localStorage.clear()"),
        ("sessionStorage.a = 1", "sessionStorage.clear()"),
        ("document.cookie = 'a=1'", "document.cookie = 'a=; max-age=0'"),
        ("window.name = 'a'", "window.name = ''"),
        ("history.replaceState({a: 1}, '')", "history.replaceState(null, '')"),
        ("location.hash = 'a'", "history.replaceState(null, '', '/')"),
        ("new Promise((done) => indexedDB.open('a').onsuccess = (event) => done(event.target.result.close()))",
         "new Promise((done) => indexedDB.deleteDatabase('a').onsuccess = () => done())"),
    ):  # fmt: skip
        page.evaluate(f"(async () => {{ await ({leave}); }})()")
        found.append(left_behind(page.context))
        page.evaluate(f"(async () => {{ await ({clean}); }})()")

    assert all(found)
    assert left_behind(page.context) == []
