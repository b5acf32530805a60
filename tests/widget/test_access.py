"""Usable by everybody: axe with the rules of WCAG 2.2 AA in every state, keyboard, small screens, colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.wording import Reply
from tests.widget.chat import field, last_answer, open_chat, own, say
from tests.widget.service import Service, hosted_by, snippet

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def faults(page: Page) -> list[str]:
    """What axe finds, as rule and place."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES
    )
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def first(page: Page, service: Service) -> None:
    open_chat(page, service.url)


def loading(page: Page, service: Service) -> None:
    page.route("**/widget/strings.en.json", lambda route: route.abort())
    page.goto(service.url)
    page.wait_for_timeout(300)


def options(page: Page, service: Service) -> None:
    first(page, service)
    say(page, "options")
    page.get_by_role("button", name="Peer support").click()
    expect(last_answer(page)).to_have_text("Heard: /option:peer_support")


def answering(page: Page, service: Service) -> None:
    first(page, service)
    service.edge.slowness = 5
    say(page, "slow question")
    expect(page.get_by_text("Sidedoor is answering")).to_be_visible()


def crisis(page: Page, service: Service) -> None:
    first(page, service)
    say(page, "check this")
    say(page, "crisis")
    expect(page.locator(".bubble.crisis").last).to_be_visible()


def waiting(page: Page, service: Service) -> None:
    crisis(page, service)
    page.get_by_role("button", name="Bring a person in").click()
    expect(page.get_by_text("Looking for a person on duty.")).to_be_visible()


def live(page: Page, service: Service) -> None:
    waiting(page, service)
    service.push(Reply("I am here.", speaker="desk"), status={"state": "live", "seconds": 2, "tier": 1, "sent": 1})
    expect(page.get_by_text("A person on duty is here.")).to_be_visible()


def closed_by_desk(page: Page, service: Service) -> None:
    live(page, service)
    service.push(Reply("The person has left the chat.", speaker="notice"), status={"state": "returned"})
    expect(page.get_by_text("No person is in the chat now.")).to_be_visible()


def offline(page: Page, service: Service) -> None:
    first(page, service)
    page.context.set_offline(True)
    say(page, "hello")
    expect(page.get_by_text("No connection.")).to_be_visible()
    expect(page.get_by_text("Not delivered yet.")).to_be_visible()


def erasing(page: Page, service: Service) -> None:
    first(page, service)
    page.get_by_role("button", name="Erase", exact=True).click()


def keeping(page: Page, service: Service) -> None:
    first(page, service)
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="Make a code").click()
    expect(page.locator("output.code")).not_to_be_empty()


def planning(page: Page, service: Service) -> None:
    first(page, service)
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_label("How I notice it coming").fill("I stop answering")
    page.keyboard.press("Escape")
    expect(page.get_by_text("This is not saved.")).to_be_visible()


def too_long(page: Page, service: Service) -> None:
    first(page, service)
    field(page).fill("x" * 10_001)
    expect(page.get_by_text("This is 1 character too long.")).to_be_visible()
    field(page).fill("x" * 10_050)
    expect(page.get_by_text("This is 50 characters too long.")).to_be_visible()


def leaving(page: Page, service: Service) -> None:
    first(page, service)
    page.route("https://weather.gov/", lambda route: route.abort("aborted"))
    page.keyboard.press("Shift")
    page.get_by_role("link", name="Leave now").click()
    page.wait_for_timeout(100)


STATES = [
    first,
    loading,
    options,
    answering,
    crisis,
    waiting,
    live,
    closed_by_desk,
    offline,
    erasing,
    keeping,
    planning,
    too_long,
    leaving,
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_no_fault_in_any_state(
    page: Page, service: Service, state: Callable[[Page, Service], None], scheme: Any
) -> None:
    """
    axe finds nothing against WCAG 2.2 AA, in light and in dark.
    """
    page.emulate_media(color_scheme=scheme)
    state(page, service)

    assert faults(page) == []


@pytest.mark.parametrize("is_open", [False, True])
def test_no_fault_when_embedded(page: Page, service: Service, is_open: bool) -> None:
    """
    The same inside another page, closed and open.
    """
    embedded(page, service, is_open)

    assert faults(page) == []


def embedded(page: Page, service: Service, is_open: bool) -> None:
    body = f"<main><h1>News</h1>{snippet(service)}</main>"
    host = hosted_by(service, body, f"default-src 'none'; script-src {service.url}; connect-src {service.url}")
    page.goto(host.url + "/host")
    host.stop()
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    if is_open:
        page.get_by_role("button", name="Open the chat").click()
        expect(page.locator(".bubble.assistant").first).to_be_visible()


def test_embedded_focus_goes_in_and_comes_back(page: Page, service: Service) -> None:
    """
    Opening puts the keyboard into the field, Escape closes and puts it back; the conversation is still there.
    """
    embedded(page, service, True)
    expect(field(page)).to_be_focused()
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open the chat")).to_be_focused()
    expect(field(page)).to_be_hidden()
    page.keyboard.press("Enter")

    expect(field(page)).to_be_focused()
    assert own(page) == ["hello"]


def test_whole_conversation_by_keyboard(page: Page, service: Service) -> None:
    """
    Without a mouse: past exit and lines to the field, an answer's button, erase with its question, and back.
    """
    open_chat(page, service.url)
    order = []
    for _ in range(16):
        page.keyboard.press("Tab")
        order.append(focused(page))
        if order[-1] == "field":
            break
    assert order[0] == "Leave now"
    assert order.index("Erase") < order.index("Conversation") < order.index("What helps") < order.index("field")

    page.keyboard.type("options")
    page.keyboard.press("Enter")
    expect(last_answer(page)).to_contain_text("Three things")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Therapist"
    page.keyboard.press("Enter")
    expect(last_answer(page)).to_have_text("Heard: /option:therapist")
    assert focused(page).startswith("Therapist")

    page.get_by_role("button", name="Erase", exact=True).focus()
    page.keyboard.press("Enter")
    assert focused(page) == "Erase it"
    page.keyboard.press("Escape")
    assert focused(page) == "Erase"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(last_answer(page)).to_have_text("Erased: the conversation.")
    assert focused(page) == "field"


def focused(page: Page) -> str:
    return str(
        page.evaluate(
            """() => {
              let at = document.activeElement;
              while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
              return at.id || at.getAttribute("aria-label") || at.textContent.trim();
            }"""
        )
    )


def test_log_is_announced_once(page: Page, service: Service) -> None:
    """
    The log is a polite live region to which lines are only ever added; a mark at a line does not write it anew.
    """
    open_chat(page, service.url)
    page.evaluate(
        """() => {
          const log = document.querySelector("support-chat").shadowRoot.querySelector("[role=log]");
          window.seen = {added: 0, removed: 0};
          new MutationObserver((all) => all.forEach((one) => {
            seen.added += one.addedNodes.length; seen.removed += one.removedNodes.length;
          })).observe(log, {childList: true});
        }"""
    )
    say(page, "one")
    expect(last_answer(page)).to_have_text("Heard: one")
    page.context.set_offline(True)
    say(page, "two")
    expect(page.get_by_text("Not delivered yet.")).to_be_visible()
    page.context.set_offline(False)
    expect(last_answer(page)).to_have_text("Heard: two")

    assert page.evaluate("seen") == {"added": 4, "removed": 0}


@pytest.mark.parametrize("size", [(320, 568), (320, 256), (390, 844), (1280, 800)])
def test_nothing_has_to_be_scrolled_sideways(page: Page, service: Service, size: tuple[int, int]) -> None:
    """
    At 320 px, which is 400 % on a desktop, all of it fits the width, and the field can be reached.
    """
    page.set_viewport_size({"width": size[0], "height": size[1]})
    waiting(page, service)
    say(page, "x" * 300)
    overflow = page.evaluate(
        """() => {
          const root = document.querySelector("support-chat").shadowRoot;
          return [document.documentElement, ...root.querySelectorAll("*")]
            .filter((e) => !e.classList.contains("unseen") && !e.classList.contains("who"))
            .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
            .map((e) => e.tagName + "." + e.className);
        }"""
    )

    assert overflow == []
    field(page).click()
    expect(field(page)).to_be_in_viewport()


@pytest.mark.parametrize(("touch", "least"), [(False, 24), (True, 44)])
def test_targets_are_large_enough(chromium: Browser, service: Service, touch: bool, least: int) -> None:
    """
    Every button and line is at least 24 px high, 44 px where a finger taps it.
    """
    context = chromium.new_context(has_touch=touch, is_mobile=touch, viewport={"width": 390, "height": 844})
    page = context.new_page()
    waiting(page, service)
    boxes = page.locator("button:visible, textarea:visible, .lines a, .exit:visible").all()
    sizes = [box.bounding_box() for box in boxes]
    context.close()

    assert len(sizes) > 10
    assert [size for size in sizes if size is None or size["height"] < least or size["width"] < least] == []


def test_forced_colours_keep_the_borders(page: Page, service: Service) -> None:
    """
    In a high-contrast mode bubbles, lines and buttons still have edges.
    """
    page.emulate_media(forced_colors="active")
    crisis(page, service)
    for place in (".exit", ".lines a", ".bubble.assistant", ".bubble.crisis", ".send", ".choices button"):
        width = page.locator(place).first.evaluate("e => parseFloat(getComputedStyle(e).borderTopWidth)")
        assert width >= 1, place


def test_reduced_motion_stops_the_dots(page: Page, service: Service) -> None:
    """
    Who asked for no motion gets none.
    """
    page.emulate_media(reduced_motion="reduce")
    answering(page, service)

    assert page.locator(".answering").evaluate("e => getComputedStyle(e, '::after').animationName") == "none"


def test_right_to_left_turns_the_page_around(page: Page, service: Service) -> None:
    """
    With a direction set by the host, one's own lines move to the other side and the text edges follow.
    """
    open_chat(page, service.url)
    page.evaluate("document.documentElement.dir = 'rtl'")
    say(page, "hello")
    expect(last_answer(page)).to_have_text("Heard: hello")
    mine, other = page.locator(".you").bounding_box(), page.locator(".assistant").last.bounding_box()

    assert mine and other
    assert mine["x"] < other["x"] + other["width"] - mine["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
