"""The table of states is complete, and docs/handoff.md says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.handoff.states import ENDED, HELD, SAID_ON_THE_WAY, TABLE, Clock, Owner, State
from bot.wording import Wording

PAGE = (Path(__file__).parents[2] / "docs" / "handoff.md").read_text(encoding="utf-8")
WORDING = Wording.load()


def test_every_state_has_a_row() -> None:
    """
    No state is missing in the table, each has an owner and a clock, and one that can expire says where to.
    """
    assert set(State) == set(TABLE)
    for rule in TABLE.values():
        assert isinstance(rule.owner, Owner) and isinstance(rule.clock, Clock)
        assert (rule.clock is Clock.NONE) == (rule.on_expiry is None)


def test_page_has_the_same_table() -> None:
    """
    The table in docs/handoff.md names the same states, owners, clocks, texts and expiries, in the same order.
    """
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]*)\| ([^|]*)\|$", PAGE, re.MULTILINE)
    read = [tuple(cell.strip(" `") for cell in row) for row in rows]

    table = [
        (state.value, rule.owner.value, rule.clock.value, rule.says, rule.on_expiry.value if rule.on_expiry else "")
        for state, rule in TABLE.items()
    ]
    assert read == table


def test_diagram_has_the_same_steps() -> None:
    """
    Every arrow of the diagram is a step of the table, and every step is an arrow.
    """
    arrows = set(re.findall(r"^    (\w+) --> (\w+)$", PAGE, re.MULTILINE))

    steps = {
        (state.value, to.value)
        for state, rule in TABLE.items()
        for to in rule.steps | ({rule.on_expiry} if rule.on_expiry else set())
        if to is not state
    }
    assert arrows == steps


def test_nobody_waits_in_a_state_without_a_way_out() -> None:
    """
    From every state an end is reached by clocks alone, even if nobody ever does anything.
    """
    for state in State:
        here: State | None = state
        seen: list[State] = []
        while here and here not in ENDED:
            assert here not in seen
            seen.append(here)
            here = TABLE[here].on_expiry
        assert here in ENDED


@pytest.mark.parametrize("state", [State.NOTIFYING, State.ACKNOWLEDGED, State.LIVE, State.DESK_LOST])
def test_officer_can_leave_at_any_point(state: State) -> None:
    """
    Wherever an officer waits or talks, leaving is a step of the table.
    """
    assert State.CANCELLED in TABLE[state].steps


def test_every_text_exists() -> None:
    """
    Every response that the table or the code of the handoff names is in the reviewed wording.
    """
    code = "".join(path.read_text() for path in (Path(__file__).parents[2] / "bot" / "handoff").glob("*.py"))
    named = set(re.findall(r'"(utter_handoff_\w*[a-z])"', code))

    assert {rule.says for rule in TABLE.values() if rule.says} | {n for n in SAID_ON_THE_WAY.values() if n} <= named
    assert [name for name in sorted(named) if name not in WORDING] == []


@pytest.mark.parametrize("name", ["utter_handoff_nobody", "utter_handoff_broken", "utter_handoff_slow"])
def test_dead_ends_say_what_to_do_now(name: str) -> None:
    """
    Whoever gets no person reads the numbers to call.
    """
    text = WORDING.say(name).text

    assert all(number in text for number in ("988", "1-800-267-5463", "911"))


def test_texts_follow_the_house() -> None:
    """
    No exclamation mark, no placeholder that the code does not fill.
    """
    for name in WORDING.names():
        if name.startswith("utter_handoff"):
            text = WORDING.say(name, alias="Harbor 41", rating="3", seconds="30", limit="120", summary="…").text
            assert "!" not in text and "{" not in text


def test_lines_pass_only_while_a_responder_holds_the_case() -> None:
    """
    The held states are the ones a responder owns before the end.
    """
    assert {state for state, rule in TABLE.items() if rule.owner is Owner.RESPONDER} - ENDED == HELD
