"""Coming over from Telegram: the subject comes along, who it is does not, and the address keeps nothing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.widget.chat import bubbles, last_answer, own
from tests.widget.service import FIRST, NUMBERS, Service


def test_the_subject_comes_along(page: Page, service: Service) -> None:
    """
    The first words come first, then the subject's answer; the code is not in the address and opens nothing again.
    """
    address = service.topics.address(service.url + "/", "ask_gun")
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(address)
    expect(last_answer(page)).to_have_text("Heard: /ask_gun")
    code = address.partition("#")[2]

    assert bubbles(page)[0] == FIRST
    assert own(page) == []
    expect(page.get_by_text("Who you are did not.")).to_be_visible()
    assert page.url == service.url + "/"
    assert page.evaluate("history.length") == 2  # the empty tab and this page
    assert not [url for url in seen if code in url and "#" not in url]
    assert service.edge.texts() == ["/ask_gun"]
    page.goto(address)
    expect(page).to_have_url(service.url + "/")
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_text("so no subject came along")).to_be_visible()
    assert service.edge.texts() == ["/ask_gun"]


def test_a_crisis_comes_first(page: Page, service: Service) -> None:
    """
    Who comes over in a crisis sees the crisis answer before everything else.
    """
    page.goto(service.topics.address(service.url + "/", "crisis"))
    expect(page.locator(".bubble.crisis").first).to_be_visible()

    assert bubbles(page)[0] == NUMBERS
    expect(page.locator(".bubble").first.get_by_role("link", name="988")).to_be_in_viewport()
    assert page.url == service.url + "/"


def test_any_other_fragment_is_left_alone(page: Page, service: Service) -> None:
    """
    What is no code is not sent, and the page begins as always.
    """
    page.goto(service.url + "/#notes")
    expect(page.locator(".bubble.assistant").first).to_be_visible()

    assert bubbles(page) == [FIRST]
    page.evaluate("history.replaceState(null, '', '/')")
