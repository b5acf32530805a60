"""The officer's own safety plan: made in the page, sent nowhere, gone when it is closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from bot.catalogue.safety_plan import safety_plan
from bot.wording import Button, Reply
from tests.widget.chat import last_answer, open_chat, say
from tests.widget.service import Service

OWN = "I stop answering. \u200bZebra-canary \u0639\u0631\u0628\u064a \N{WEARY CAT FACE}\nsecond line"


def open_plan(page: Page, service: Service) -> Locator:
    open_chat(page, service.url)
    page.get_by_role("button", name="Plan", exact=True).click()
    dialog = page.get_by_role("dialog", name="My plan for the worst hours")
    expect(dialog.get_by_label("How I notice it coming")).to_be_visible()
    return dialog


def test_the_plan_is_downloaded_and_sent_nowhere(page: Page, service: Service, tmp_path: Path) -> None:
    """
    The file has every step with the officer's own words, the lines to call, and room for the rest; no request is made.
    """
    dialog = open_plan(page, service)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    dialog.get_by_label("How I notice it coming").fill(OWN)
    dialog.get_by_label("One thing worth staying for").fill("My kid's practice")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "plan.txt")
    text = (tmp_path / "plan.txt").read_text(encoding="utf-8")

    assert download.value.suggested_filename == "plan.txt"
    assert OWN in text
    assert "My kid's practice" in text
    for number, step in enumerate(safety_plan().steps, start=1):
        assert f"{number}. {step.title}" in text
    assert "988" in text
    assert "911" in text
    assert "____" in text
    assert [request.url for request in asked if not request.url.startswith("blob:")] == []
    assert service.edge.heard == []


def test_the_plan_is_gone_when_it_is_closed(page: Page, service: Service) -> None:
    """
    What is not saved is not thrown away without a word; once closed, nothing of it is left in the page.
    """
    dialog = open_plan(page, service)
    dialog.get_by_label("How I notice it coming").fill(OWN)
    page.keyboard.press("Escape")
    expect(dialog.get_by_text("This is not saved.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Plan", exact=True)).to_be_focused()

    values = page.locator("support-chat").evaluate(
        "e => [...e.shadowRoot.querySelectorAll('textarea')].map((field) => field.value).join('')"
    )
    assert values == ""


def test_printing_prints_the_plan_alone(page: Page, service: Service) -> None:
    """
    While it is printed the page shows the sheet and nothing else; afterwards all is back, the plan still open.
    """
    dialog = open_plan(page, service)
    dialog.get_by_label("How I notice it coming").fill("I drink alone")
    page.evaluate(
        """() => {
          window.print = () => {
            dispatchEvent(new Event("beforeprint"));
            window.shown = [getComputedStyle(document.body).display, document.documentElement.innerText];
            dispatchEvent(new Event("afterprint"));
          };
        }"""
    )
    dialog.get_by_role("button", name="Print").click()
    display, shown = page.evaluate("shown")

    assert display == "none"
    assert "I drink alone" in shown
    assert "Leave now" not in shown
    expect(dialog.get_by_label("How I notice it coming")).to_have_value("I drink alone")
    assert page.evaluate("[getComputedStyle(document.body).display, document.documentElement.children.length]") == [
        "block",
        2,
    ]


def test_a_frame_that_may_not_print_is_not_left_empty(page: Page, service: Service) -> None:
    """
    Where printing does nothing, the page is there again at once.
    """
    dialog = open_plan(page, service)
    page.evaluate("window.print = () => {}")
    dialog.get_by_role("button", name="Print").click()

    expect(dialog.get_by_role("button", name="Print")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).display") == "block"


def test_a_button_under_an_answer_opens_it(page: Page, service: Service) -> None:
    """
    The plan's button in an answer opens the sheet here instead of asking step by step, and can be pressed again.
    """
    open_chat(page, service.url)
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    service.push(Reply("A plan helps.", (Button("Make a plan", "/safety_plan:1"),)))
    for _ in range(2):
        page.get_by_role("button", name="Make a plan").click()
        expect(page.get_by_role("dialog", name="My plan for the worst hours")).to_be_visible()
        page.keyboard.press("Escape")

    assert service.edge.texts() == ["hello"]


@pytest.mark.parametrize("opener", ["Plan", "Keep", "Erase"])
def test_the_way_out_is_in_every_question(page: Page, service: Service, opener: str) -> None:
    """
    A question hides the bar behind it, so the way out is in it as well, by tap and by Shift three times.
    """
    for press in (False, True):
        page.route("https://weather.gov/**", lambda route: route.fulfill(body="cover"))
        open_chat(page, service.url)
        page.get_by_role("button", name=opener, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if press:
            for _ in range(3):
                page.keyboard.press("Shift")
        else:
            page.get_by_role("dialog").get_by_role("link", name="Leave now").click()
        page.wait_for_url("https://weather.gov/**")


@pytest.mark.parametrize("opener", ["Plan", "Keep", "Erase"])
def test_a_question_gives_the_focus_back(page: Page, service: Service, opener: str) -> None:
    """
    Escape closes a question and puts the keyboard back on the button that opened it.
    """
    open_chat(page, service.url)
    button = page.get_by_role("button", name=opener, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()
