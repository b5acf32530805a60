"""Two browsers, the real processes between them: an officer asks for a person, a responder comes, both write, both end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.desk import accounts
from tests.guarantees.house import House
from tests.widget.conftest import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing (apt-get install chromium)"),
]

PASSWORD = "night shift over the river"
CRISIS = "honestly some nights I sit there with my gun in my lap"
LONG = 30_000  # milliseconds; the machine may be busy with other tests


@dataclass
class Scene:
    """The two pages, and the house between them."""

    house: House
    officer: Page
    desk: Page

    def asks_for_a_person(self) -> None:
        self.officer.goto(self.house.edge_url)
        expect(self.officer.locator(".bubble.assistant").first).to_be_visible()
        self.officer_writes(CRISIS)
        expect(self.officer.locator(".bubble.crisis").last).to_contain_text("988")
        self.officer.get_by_role("button", name="A person here").last.click()
        self.officer.get_by_role("button", name=re.compile("Bring a person in|Try anyway")).last.click()

    def officer_writes(self, text: str) -> None:
        self.officer.locator("#field").fill(text)
        self.officer.get_by_role("button", name="Send", exact=True).click()

    def desk_writes(self, text: str) -> None:
        self.desk.get_by_label("Your line").fill(text)
        self.desk.get_by_role("button", name="Send", exact=True).click()

    def takes(self) -> None:
        self.desk.get_by_role("button", name=re.compile("^Take ")).first.click()
        expect(self.desk.get_by_label("Your line")).to_be_visible()

    def said_by_desk(self) -> list[str]:
        return self.officer.locator(".bubble.desk").all_inner_texts()

    def read_at_desk(self) -> list[str]:
        return self.desk.locator(".line.officer .text").all_inner_texts()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Edge and desk, each a process of its own; without the assistant, whose part here is to be silent."""
    built = House(tmp_path_factory.mktemp("two") / "s")
    accounts.add(built.state / "desk.db", "dana", PASSWORD)
    built.start("desk")
    built.open_edge()
    built.wait_for(built.desk_url + "/livez", 60)
    yield built
    built.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def scene(house: House, browser: Browser) -> Iterator[Scene]:
    """A responder who is signed in and on duty, and an officer who has not opened the page yet."""
    faults: list[str] = []
    contexts = [browser.new_context(), browser.new_context()]
    pages = []
    for context in contexts:
        context.set_default_timeout(LONG)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        pages.append(page)
    officer, desk = pages
    desk.goto(house.desk_url)
    desk.get_by_label("Name").fill("dana")
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in", exact=True).click()
    expect(desk.get_by_role("switch")).to_be_enabled()
    if desk.get_by_role("switch").get_attribute("aria-checked") == "false":  # it stands where it stood
        desk.get_by_role("switch").click()
    expect(desk.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    yield Scene(house, officer, desk)
    for context in contexts:
        context.close()

    assert faults == []


def test_a_desk_that_is_killed_loses_no_line(scene: Scene) -> None:
    """
    The desk's process is killed and started again in the middle of a chat: what was written meanwhile arrives, once.
    """
    scene.asks_for_a_person()
    scene.takes()
    scene.desk_writes("I am here.")
    expect(scene.officer.get_by_text("I am here.")).to_be_visible()
    scene.house.kill("desk")
    scene.officer_writes("written while the desk was dead")
    scene.desk_writes("sent while the server was dead")
    scene.house.start("desk")
    scene.house.wait_for(scene.house.desk_url + "/livez", 60)
    expect(scene.desk.get_by_text("written while the desk was dead")).to_be_visible()
    expect(scene.officer.get_by_text("sent while the server was dead")).to_be_visible()
    scene.officer_writes("and after")
    expect(scene.desk.get_by_text("and after")).to_be_visible()

    assert scene.read_at_desk() == ["written while the desk was dead", "and after"]
    assert [text.splitlines()[-1] for text in scene.said_by_desk()] == [
        "I am here.",
        "sent while the server was dead",
    ]
    scene.officer.get_by_role("button", name="End with this person").click()
    expect(scene.desk.get_by_text("The officer has left this chat.").first).to_be_visible()


def test_an_edge_that_is_killed_is_said_on_both_sides(scene: Scene) -> None:
    """
    The officers' process is killed: the officer's page says so and keeps the numbers, the desk is told the chat is lost.
    """
    scene.asks_for_a_person()
    scene.takes()
    scene.desk_writes("I am with you.")
    expect(scene.officer.get_by_text("I am with you.")).to_be_visible()
    scene.house.kill("serve")
    expect(scene.officer.get_by_text("No connection.")).to_be_visible()
    expect(scene.officer.get_by_role("link", name=re.compile("988")).first).to_be_visible()
    scene.house.open_edge()

    expect(scene.officer.get_by_text("The server was restarted and has forgotten what was said.")).to_be_visible()
    expect(scene.desk.get_by_text("The connection to the officer is lost for good.").first).to_be_visible()


def test_a_person_comes_talks_and_goes(scene: Scene) -> None:
    """
    Consent, one claim, lines both ways in order and once, "read" shown; the desk ends it and the software is back.
    """
    scene.asks_for_a_person()
    expect(scene.officer.get_by_text("Looking for a person on duty.")).to_be_visible()
    scene.takes()
    expect(scene.officer.get_by_text("A person has picked up and is reading.")).to_be_visible()
    for number in range(5):
        scene.desk_writes(f"desk {number}")
        scene.officer_writes(f"officer {number}")
    expect(scene.officer.get_by_text("desk 4")).to_be_visible()
    expect(scene.desk.get_by_text("officer 4")).to_be_visible()
    expect(scene.officer.get_by_text("Read", exact=True)).to_be_visible()
    expect(scene.desk.locator(".line.you .mark").last).to_have_text("delivered")

    assert [text.splitlines()[-1] for text in scene.said_by_desk()] == [f"desk {n}" for n in range(5)]
    assert scene.read_at_desk() == [f"officer {n}" for n in range(5)]
    assert CRISIS not in scene.desk.content()

    scene.desk.get_by_role("button", name="End chat").click()
    scene.desk.get_by_label("We talked, and they go on by themselves").check()
    scene.desk.locator("#close-yes").click()
    expect(scene.officer.get_by_text("The person at the desk has ended the chat.")).to_be_visible()
    expect(scene.officer.get_by_text("This is the software again.")).to_be_visible()
    before = scene.officer.locator(".bubble.assistant").count()
    scene.officer_writes("will my sergeant find out if I call the EAP?")
    expect(scene.officer.locator(".bubble.assistant")).to_have_count(before + 1)
    assert "will my sergeant" not in scene.desk.content()
