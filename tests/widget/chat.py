"""What an officer does on the page, in words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

LINES = ("tel:988", "sms:988", "tel:911", "tel:+18002675463", "sms:741741?&body=HOME")

# How long each of *turns* answers takes from key press to paint, in milliseconds, sorted.
ANSWER_TIMES = """async (element, turns) => {
  const root = element.shadowRoot, field = root.querySelector("textarea"), times = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const count = root.querySelectorAll(".assistant").length;
    field.value = "turn " + turn;
    const started = performance.now();
    field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}));
    while (root.querySelectorAll(".assistant").length === count) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b);
}"""


def open_chat(page: Page, url: str) -> None:
    """Opens the hosted page and waits for the first words."""
    page.goto(url)
    expect(page.locator(".bubble.assistant").first).to_be_visible()


def field(page: Page) -> Locator:
    return page.get_by_role("textbox")


def say(page: Page, text: str) -> None:
    """Writes and presses Enter."""
    field(page).fill(text)
    field(page).press("Enter")


def last_answer(page: Page) -> Locator:
    return page.locator(".bubble:not(.you) .text").last


def bubbles(page: Page) -> list[str]:
    """All lines, in order, officer's and others'."""
    return page.locator(".bubble .text").all_inner_texts()


def own(page: Page) -> list[str]:
    return page.locator(".bubble.you .text").all_inner_texts()


def expect_lines(page: Page) -> None:
    """Every crisis line can be seen without scrolling, and tapped."""
    for href in LINES:
        link = page.locator(f'.lines a[href="{href}"]').first
        expect(link).to_be_visible()
        expect(link).to_be_in_viewport()
