"""The clocks: next tier, desk lost, nobody there; never later than two minutes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.escalation import LONGEST_WAIT, Clocks, Step
from bot.handoff.records import Case
from bot.handoff.states import TABLE, State
from bot.triage.levels import Level

CLOCKS = Clocks((30, 30, 60), 60, 60)


def case(state: State, *, tier: int = 1, since: float = 0, entered: float = 0) -> Case:
    return Case("c" * 32, "Harbor 41", "edge-1", state, tier, Level.HIGH, since, entered, None, None, 0, 0)


def test_each_tier_has_its_time() -> None:
    """
    Nothing happens before a tier's time is up; then the next one is called.
    """
    everybody = {1: 1, 2: 1, 3: 1}
    waiting = case(State.NOTIFYING)

    assert CLOCKS.due(waiting, 29.9, on_duty=everybody, desk_seen=None) is None
    assert CLOCKS.due(waiting, 30, on_duty=everybody, desk_seen=None) == Step(State.NOTIFYING, 2)


def test_empty_tier_is_passed_over() -> None:
    """
    A tier in which nobody is on duty does not cost the officer half a minute.
    """
    assert CLOCKS.due(case(State.NOTIFYING), 1, on_duty={3: 1}, desk_seen=None) == Step(State.NOTIFYING, 3)
    assert CLOCKS.due(case(State.NOTIFYING), 1, on_duty={}, desk_seen=None) is None


def test_the_wait_ends() -> None:
    """
    After the last tier the officer is told, at 120 s at the latest.
    """
    assert CLOCKS.due(case(State.NOTIFYING, tier=3, entered=119), 120, on_duty={3: 1}, desk_seen=None) == Step(
        State.NOBODY_AVAILABLE, 3
    )


def test_first_line_in_time() -> None:
    """
    Who picked up and writes nothing for a minute is passed over for the next tier, or the wait ends.
    """
    silent = case(State.ACKNOWLEDGED, since=0, entered=10)

    assert CLOCKS.due(silent, 69, on_duty={}, desk_seen=69) is None
    assert CLOCKS.due(silent, 70, on_duty={}, desk_seen=69) == Step(State.NOTIFYING, 2)
    late = case(State.ACKNOWLEDGED, since=0, entered=110)
    assert CLOCKS.due(late, 170, on_duty={}, desk_seen=169) == Step(State.NOBODY_AVAILABLE, 1)


def test_lost_desk() -> None:
    """
    A responder without a sign of life for a minute is lost, and the desk is called from the start.
    """
    live = case(State.LIVE, entered=100)

    assert CLOCKS.due(live, 259, on_duty={}, desk_seen=200) is None
    assert CLOCKS.due(live, 260, on_duty={}, desk_seen=200) == Step(State.DESK_LOST, 1)
    assert CLOCKS.due(case(State.DESK_LOST), 260, on_duty={}, desk_seen=None) == Step(State.NOTIFYING, 1, again=True)


@given(
    tiers=st.lists(st.floats(1, 40), min_size=1, max_size=3),
    first_line=st.floats(1, 600),
    on_duty=st.dictionaries(st.integers(1, 3), st.integers(0, 3)),
    step=st.floats(0.1, 5),
)
def test_nobody_waits_longer_whatever_the_settings(
    tiers: list[float], first_line: float, on_duty: dict[int, int], step: float
) -> None:
    """
    With any tiers and any people on duty who do not pick up, the wait ends within 120 s, by steps that the table knows.
    """
    clocks = Clocks(tuple(tiers), first_line, 60)
    waiting, now = case(State.NOTIFYING), 0.0
    while waiting.state is State.NOTIFYING:
        now += step
        due = clocks.due(waiting, now, on_duty=on_duty, desk_seen=None)
        if due:
            assert due.to in TABLE[waiting.state].steps | {TABLE[waiting.state].on_expiry, State.NOTIFYING}
            assert 1 <= due.tier <= len(tiers)
            waiting = case(due.to, tier=due.tier, entered=now)

    assert waiting.state is State.NOBODY_AVAILABLE
    assert now <= LONGEST_WAIT + step
