"""Walks at the edge: they need no assistant, keep nothing, and give way to a crisis."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue.coping import exercises
from bot.catalogue.safety_plan import safety_plan
from bot.catalogue.self_checks import self_checks
from bot.channels.inbound import Answer, Edge, Incoming
from bot.channels.walks import Walk, Walks
from bot.triage.levels import Level, ReplyKind
from tests.channels.builders import WORDING, FakeAssistant, edge, texts

CRISIS = "I am going to shoot myself tonight"


class Officer:
    """One officer at an edge whose assistant is away, so that only the edge can answer."""

    def __init__(self, folder: Path, channel: str = "terminal", **changes: Any) -> None:
        self.assistant = FakeAssistant(away=True)
        self.edge: Edge = edge(folder, **({"assistant": self.assistant} | changes))
        self.channel = channel
        self.edge.open(channel, "officer-1")
        self.last: Answer | None = None

    async def press(self, payload: str) -> str:
        """The words that come back for a button's payload."""
        self.last = await self.edge.hear(Incoming(self.channel, "officer-1", "", payload))
        return texts(self.last.replies)

    async def choose(self, title: str) -> str:
        """Presses the button *title* of the last reply."""
        assert self.last is not None
        return await self.press(next(b.payload for b in self.last.replies[-1].buttons if b.title == title))

    async def type(self, text: str) -> str:
        """The words that come back for typed words."""
        self.last = await self.edge.hear(Incoming(self.channel, "officer-1", text))
        return texts(self.last.replies)

    @property
    def walk(self) -> Walk:
        """What the edge remembers of the walk."""
        (conversation,) = self.edge._conversations.values()
        return conversation.walk


@pytest.fixture(params=["terminal", "web", "telegram"])
def officer(request: pytest.FixtureRequest, tmp_path: Path) -> Officer:
    return Officer(tmp_path, request.param)


async def test_a_check_by_buttons(officer: Officer) -> None:
    """In every channel a check is walked by its buttons to a score, without the assistant."""
    assert "1 of 4" in await officer.press("/self_check:phq4")
    await officer.choose("Several days")
    await officer.choose("Not at all")
    assert "4 of 4" in await officer.choose("Several days")
    result = await officer.choose("More than half the days")

    assert "PHQ-4: 4 of 12" in result
    assert "not a diagnosis" in result
    assert "3 or more" in result


async def test_nothing_of_a_check_is_left(officer: Officer) -> None:
    """With the result the answers are gone from memory too, and the assistant has heard nothing of them."""
    await officer.press("/self_check:audit_c")
    for _ in range(3):
        assert officer.last is not None
        await officer.press(officer.last.replies[-1].buttons[1].payload)

    assert officer.walk == Walk()
    assert officer.assistant.heard == []


async def test_an_answer_can_be_typed(officer: Officer) -> None:
    """An answer's own words count as the button."""
    await officer.press("/self_check:pc_ptsd_5")
    await officer.type("Yes")
    assert "2 of 5" in await officer.type("no.")


async def test_a_bare_number_is_no_answer(tmp_path: Path) -> None:
    """ "2" could be points or drinks, so it is not taken for an answer."""
    officer = Officer(tmp_path)
    await officer.press("/self_check:audit_c")
    await officer.press("/self_check_answer:audit_c_1_3")
    await officer.type("2")

    assert officer.walk == Walk()


@pytest.mark.parametrize(
    "name, presses, score",
    [("pc_ptsd_5", ["No"], "0 of 5"), ("audit_c", ["Never"], "0 of 12")],
)
async def test_a_check_can_end_early(tmp_path: Path, name: str, presses: list[str], score: str) -> None:
    """Where the first answer says that the rest does not apply, no further question is put."""
    officer = Officer(tmp_path)
    await officer.press(f"/self_check:{name}")
    for title in presses:
        said = await officer.choose(title)

    assert score in said


async def test_a_heavy_score_is_followed_by_the_question(officer: Officer) -> None:
    """The highest band leads to the direct question; a yes to it is a crisis, not a score."""
    await officer.press("/self_check:phq4")
    for _ in range(4):
        said = await officer.choose("Nearly every day")

    assert officer.last is not None and officer.last.reply_kind is ReplyKind.CHECK_IN
    assert "Are you thinking about killing yourself?" in said
    await officer.type("yes")
    assert officer.last.reply_kind is ReplyKind.CRISIS


async def test_self_harm_in_a_check_is_no_score(officer: Officer) -> None:
    """Words of danger inside a check end it: the numbers come, no score, and the points are forgotten."""
    await officer.press("/self_check:phq4")
    await officer.choose("Nearly every day")
    said = await officer.type(CRISIS)

    assert officer.last is not None and officer.last.reply_kind is ReplyKind.CRISIS
    assert "988" in said and "of 12" not in said
    assert officer.walk == Walk()


async def test_nobody_in_danger_gets_a_form(officer: Officer) -> None:
    """While the level is high a check is put off and the lines are named."""
    await officer.type(CRISIS)

    assert "A form can wait" in await officer.press("/self_check:phq4")
    assert "A form can wait" in await officer.press("/self_check_answer:phq4_1_3")
    assert officer.walk.answers == {}


@pytest.mark.parametrize("name", exercises())
async def test_an_exercise_step_by_step(tmp_path: Path, name: str) -> None:
    """Each exercise is shown whole and step by step, to the end and to what speaks for it."""
    officer, found = Officer(tmp_path), exercises()[name]
    whole = await officer.press(f"/exercise:{name}")
    assert all(step in whole for step in found.steps) and found.stop in whole

    assert found.steps[0] in await officer.choose("One step at a time")
    for step in found.steps[1:]:
        assert step in await officer.type("next")
    assert found.evidence in await officer.choose("Next")


async def test_a_plan_is_not_heard(officer: Officer) -> None:
    """What is typed into a plan goes no further, is not repeated, and the next step comes."""
    canary = "call Wendell Ashgrove at 312-555-0147"
    await officer.press("/safety_plan:1")
    said = await officer.type(canary)

    assert "I have not kept that" in said
    assert safety_plan().steps[1].title in said
    assert "Ashgrove" not in said and "0147" not in said
    assert officer.assistant.heard == []


async def test_a_plan_to_its_end(officer: Officer) -> None:
    """The six steps follow one another, and the last one leads to the card."""
    said = await officer.press("/safety_plan:1")
    for step in safety_plan().steps:
        assert step.ask in said and all(hint in said for hint in step.hints)
        said = await officer.choose("Next step")

    assert "988" in said
    assert "/ask_crisis_card" in [button.payload for button in officer.last.replies[-1].buttons]  # type: ignore[union-attr]


async def test_danger_in_a_plan_is_answered(officer: Officer) -> None:
    """Whoever writes a plan and is in danger gets the numbers first."""
    await officer.press("/safety_plan:1")
    await officer.type(CRISIS)

    assert officer.last is not None and officer.last.reply_kind is ReplyKind.CRISIS


async def test_a_question_leaves_the_plan(tmp_path: Path) -> None:
    """A question in the middle of a plan is a question: it goes the usual way."""
    assistant = FakeAssistant()
    officer = Officer(tmp_path, assistant=assistant)
    await officer.press("/safety_plan:2")
    await officer.type("will my sergeant find out?")

    assert [heard[1] for heard in assistant.heard] == ["will my sergeant find out?"]
    assert officer.walk == Walk()


@pytest.mark.parametrize("name", [name for name in WORDING.names() if name.startswith("utter_read_")])
async def test_a_page_needs_no_assistant(tmp_path: Path, name: str) -> None:
    """Every page behind a button is said by the edge alone."""
    officer = Officer(tmp_path)

    assert await officer.press("/read:" + name.removeprefix("utter_read_")) == WORDING.say(name).text


@pytest.mark.parametrize("name", ["weapon_distance", "grounding", "crisis_privacy", "how_to_help_someone"])
async def test_a_press_in_a_crisis_does_not_wait(tmp_path: Path, name: str) -> None:
    """The buttons of the crisis menus are answered at once, and an assistant that hangs is not even asked."""
    officer = Officer(tmp_path, assistant=FakeAssistant(hangs=True), patience=30.0)
    await officer.type(CRISIS)

    assert await officer.press(f"/{name}") == WORDING.say(f"utter_{name}").text
    assert officer.last is not None and officer.last.ms < 5000


@pytest.mark.parametrize(
    "choice",
    ["/read:nothing", "/exercise:nothing", "/exercise_step:slow_breathing_99", "/exercise_step:slow_breathing",
     "/self_check:nothing", "/self_check_answer:phq4_1_9", "/self_check_answer:phq4_9_1", "/self_check_answer:phq4",
     "/safety_plan:0", "/safety_plan:8", "/safety_plan:x", "/safety_plan_words:7", "/find_support", "/read"],
)  # fmt: skip
def test_what_is_no_step_is_left_to_others(choice: str) -> None:
    """A choice that names no step is not answered here, and leaves the walk."""
    walk = Walk("phq4", {1: 2}, 3, "/x")

    assert Walks(WORDING).go(walk, choice, Level.NONE, "web") is None
    assert walk == Walk()


_NAMES = st.sampled_from(
    ["/read", "/exercise", "/exercise_step", "/self_check", "/self_check_answer", "/safety_plan", "/x"]
)
_VALUES = st.from_regex(r"[a-z0-9_]{0,12}", fullmatch=True) | st.sampled_from(
    ["phq4", "phq4_1_0", "audit_c_3_4", "pc_ptsd_5_1_0", "slow_breathing", "slow_breathing_6", "1", "7", "more_ways"]
)


@settings(max_examples=40)
@given(st.lists(st.tuples(_NAMES, _VALUES, st.text(max_size=30), st.sampled_from(Level)), max_size=12))
def test_no_way_through_breaks(presses: list[tuple[str, str, str, Level]]) -> None:
    """Whatever is pressed and typed in whatever order, a walk answers or leaves, and keeps nothing but points in range."""
    walks, walk = Walks(WORDING), Walk()
    for name, value, text, level in presses:
        choice = walks.typed(walk, text) or f"{name}:{value}"
        walked = walks.go(walk, choice, level, "web")

        assert walked is not None or walk == Walk()
        assert walked is None or all(reply.text and "{" not in reply.text for reply in walked.replies)
        assert all(points in range(5) for points in walk.answers.values())


def test_no_words_are_remembered() -> None:
    """A walk has no place for what an officer typed: a check's name, points, a number and a button's payload."""
    assert {field.name: field.type for field in fields(Walk)} == {
        "check": "str",
        "answers": "dict[int, int]",
        "plan_step": "int",
        "go_on": "str",
    }


def test_buttons_fit_telegram_and_the_edge() -> None:
    """Every button of a walk has a short title and a payload that the edge accepts."""
    from bot.channels.commands import as_choice

    for check in self_checks().values():
        for place, item in enumerate(check.items, start=1):
            for at, label in enumerate(item.answers):
                assert len(label) <= 44
                assert as_choice(f"/self_check_answer:{check.id}_{place}_{at}")
