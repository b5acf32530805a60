"""
The one table of a handoff: who acts in each state, how long, what the officer is told, what follows if nobody does.

``docs/handoff.md`` draws the same table; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a handoff stands. From ``NOTIFYING`` to the end it is also the word in the mailbox."""

    OFFERED = "offered"
    DECLINED = "declined"
    CONSENTED = "consented"
    NOTIFYING = "notifying"
    ACKNOWLEDGED = "acknowledged"
    LIVE = "live"
    DESK_LOST = "desk_lost"
    CLOSED = "closed"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    NOBODY_AVAILABLE = "nobody_available"
    OFFICER_LOST = "officer_lost"


class Owner(StrEnum):
    """Who has to act. It is never nobody: a state without an owner would be somebody waiting in silence."""

    OFFICER = "officer"
    EDGE = "edge"
    TIER = "tier on duty"
    RESPONDER = "responder"
    ASSISTANT = "assistant"


class Clock(StrEnum):
    """What limits a state; ``escalation.py`` turns the name into seconds."""

    OFFER = "10 minutes"
    WRITING = "2 s to write it down"
    TIER = "30 s, 30 s, 60 s by tier"
    FIRST_LINE = "60 s to a first line"
    HEARTBEAT = "60 s without a sign of the desk"
    AT_ONCE = "at once"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. ``says`` is a response name, empty where no officer is there to read; ``phase`` is the edge's word."""

    owner: Owner
    clock: Clock
    says: str
    on_expiry: State | None
    steps: frozenset[State] = frozenset()
    phase: str = "none"


def _to(*states: State) -> frozenset[State]:
    return frozenset(states)


TABLE: dict[State, Rule] = {
    State.OFFERED: Rule(
        Owner.OFFICER,
        Clock.OFFER,
        "utter_handoff_offer",
        State.DECLINED,
        _to(State.CONSENTED),
        "offered",
    ),
    State.DECLINED: Rule(Owner.ASSISTANT, Clock.NONE, "utter_handoff_declined", None),
    State.CONSENTED: Rule(
        Owner.EDGE,
        Clock.WRITING,
        "utter_handoff_waiting",
        State.NOBODY_AVAILABLE,
        _to(State.NOTIFYING),
        "waiting",
    ),
    State.NOTIFYING: Rule(
        Owner.TIER,
        Clock.TIER,
        "utter_handoff_next_tier",
        State.NOBODY_AVAILABLE,
        _to(State.ACKNOWLEDGED, State.CANCELLED, State.OFFICER_LOST),
        "waiting",
    ),
    State.ACKNOWLEDGED: Rule(
        Owner.RESPONDER,
        Clock.FIRST_LINE,
        "utter_handoff_acknowledged",
        State.NOTIFYING,
        _to(State.LIVE, State.CLOSED, State.DESK_LOST, State.NOBODY_AVAILABLE, State.CANCELLED, State.OFFICER_LOST),
        "live",
    ),
    State.LIVE: Rule(
        Owner.RESPONDER,
        Clock.HEARTBEAT,
        "utter_handoff_live",
        State.DESK_LOST,
        _to(State.ACKNOWLEDGED, State.NOTIFYING, State.CLOSED, State.CANCELLED, State.OFFICER_LOST),
        "live",
    ),
    State.DESK_LOST: Rule(
        Owner.EDGE,
        Clock.AT_ONCE,
        "utter_handoff_desk_lost",
        State.NOTIFYING,
        _to(State.CANCELLED, State.OFFICER_LOST),
        "waiting",
    ),
    State.CLOSED: Rule(
        Owner.EDGE, Clock.AT_ONCE, "utter_handoff_closed", State.RETURNED, _to(State.OFFICER_LOST), "live"
    ),
    State.RETURNED: Rule(Owner.ASSISTANT, Clock.NONE, "utter_handoff_returned", None),
    State.CANCELLED: Rule(Owner.ASSISTANT, Clock.NONE, "utter_handoff_cancelled", None),
    State.NOBODY_AVAILABLE: Rule(Owner.ASSISTANT, Clock.NONE, "utter_handoff_nobody", None),
    State.OFFICER_LOST: Rule(Owner.RESPONDER, Clock.NONE, "", None),
}

# Where the way into a state matters to the officer, and where it does not.
SAID_ON_THE_WAY: dict[tuple[State, State], str] = {
    (State.ACKNOWLEDGED, State.ACKNOWLEDGED): "utter_handoff_handed_over",
    (State.LIVE, State.ACKNOWLEDGED): "utter_handoff_handed_over",
    (State.ACKNOWLEDGED, State.NOTIFYING): "utter_handoff_handed_back",
    (State.LIVE, State.NOTIFYING): "utter_handoff_handed_back",
    (State.DESK_LOST, State.NOTIFYING): "",
}

# Over: the lines are gone, the row is a mark for the desk until it is swept.
ENDED = frozenset({State.CANCELLED, State.NOBODY_AVAILABLE, State.OFFICER_LOST, State.RETURNED, State.DECLINED})

# A responder holds the case, so lines pass.
HELD = frozenset({State.ACKNOWLEDGED, State.LIVE})


def may(here: State, there: State) -> bool:
    """Whether the table knows this step; staying in a state with another tier or owner is one for those two states."""
    same = here is there and here in (State.NOTIFYING, State.ACKNOWLEDGED)
    return same or there in TABLE[here].steps or there is TABLE[here].on_expiry
