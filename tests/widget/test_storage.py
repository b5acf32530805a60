"""What is left on the device: nothing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.widget.chat import last_answer, open_chat, say
from tests.widget.service import Service

KEPT = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookie: document.cookie, state: history.state,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length, address: location.href, name: window.name,
})"""


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
    kept = page.evaluate(KEPT)

    assert kept == {
        "local": 0,
        "session": 0,
        "cookie": "",
        "state": None,
        "databases": 0,
        "caches": 0,
        "workers": 0,
        "address": service.url + "/",
        "name": "",
    }
    assert page.context.cookies() == []
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
