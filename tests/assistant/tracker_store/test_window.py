"""What is kept of a conversation when its oldest turns fall away."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import CategoricalSlot, Slot, TextSlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.tracker_store.window import bounded, to_events, to_records, turns_in

CANARY = "Deputy Ozzie Quux"


def slots() -> list[Slot]:
    return [
        TextSlot("option", mappings=[{}], influence_conversation=False),
        TextSlot("requested_slot", mappings=[{}], influence_conversation=False),
        CategoricalSlot("distress", mappings=[{}], values=["none", "mild", "high"], initial_value="none"),
    ]


def turn(intent: str = "greet", *outcome: Event) -> list[Event]:
    """What Rasa writes down of one turn."""
    heard = UserUttered(CANARY, {"name": intent, "confidence": 0.9}, [{"entity": "option", "value": CANARY}])
    return [heard, *outcome, ActionExecuted(f"utter_{intent}"), BotUttered(CANARY), ActionExecuted(ACTION_LISTEN_NAME)]


def tracker(events: list[Event]) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("x", events, slots=slots())


def state(found: DialogueStateTracker) -> dict[str, Any]:
    """Everything that rules, forms and actions can ask of a tracker between two messages."""
    loop = found.active_loop
    return {
        "slots": found.current_slot_values(),
        "loop": (loop.name, loop.rejected, loop.is_interrupted) if loop else None,
        "paused": found.is_paused(),
        "latest": found.latest_action_name,
        "followup": found.followup_action,
    }


def start() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(ACTION_LISTEN_NAME)]


OUTCOMES = st.one_of(
    st.builds(lambda value: SlotSet("option", value), st.sampled_from(["eap", "chaplain", None])),
    st.builds(lambda value: SlotSet("distress", value), st.sampled_from(["none", "mild", "high"])),
    st.builds(lambda name: ActiveLoop(name), st.sampled_from(["support_form", None])),
    st.builds(lambda name: SlotSet("requested_slot", name), st.sampled_from(["option", None])),
    st.builds(lambda: ActionExecutionRejected("support_form")),
    st.builds(lambda: LoopInterrupted(True)),
    st.builds(AllSlotsReset),
    st.builds(ConversationPaused),
    st.builds(ConversationResumed),
)
CONVERSATIONS = st.lists(st.lists(OUTCOMES, max_size=4), max_size=20)


@given(CONVERSATIONS, st.integers(min_value=1, max_value=8))
def test_nothing_breaks_at_the_cut(conversation: list[list[Event]], turns: int) -> None:
    """Slots, form and pause are the same after the cut as without it, whatever happened in the turns that fell away."""
    events = start()
    kept = start()
    for outcomes in conversation:
        new = turn("greet", *outcomes)
        events += new
        kept = to_events(json.loads(json.dumps(to_records(bounded([*kept, *new], turns, slots())))))

    assert state(tracker(kept)) == state(tracker(events))


@given(CONVERSATIONS, st.integers(min_value=1, max_value=8))
def test_never_more_turns(conversation: list[list[Event]], turns: int) -> None:
    """The window never holds more turns than it is for."""
    events = start() + [event for outcomes in conversation for event in turn("greet", *outcomes)]

    assert turns_in(to_records(bounded(events, turns, slots()))) == min(turns, len(conversation))


def test_states_of_the_kept_turns_are_the_same() -> None:
    """What the policies see of the turns in the window does not depend on the cut."""
    events = start() + turn("a", SlotSet("option", "eap"), ActiveLoop("support_form")) + turn("b") + turn("c")

    kept = tracker(to_events(to_records(bounded(events, 2, slots()))))
    assert [event.intent_name for event in kept.events if isinstance(event, UserUttered)] == ["b", "c"]
    assert kept.get_slot("option") == "eap"
    assert kept.active_loop_name == "support_form"


def test_no_words_are_kept() -> None:
    """Neither what the officer wrote, nor the words that were recognised in it, nor what was answered, is kept."""
    records = json.dumps(to_records(start() + turn("greet", SlotSet("option", "eap"))))

    assert CANARY not in records
    assert "greet" in records
    assert "eap" in records


def test_intents_and_kinds_of_entities_are_kept() -> None:
    """Rules find the intent and the kinds of entities of earlier turns."""
    (heard,) = [event for event in to_events(to_records(turn("compare"))) if isinstance(event, UserUttered)]

    assert heard.intent_name == "compare"
    assert heard.as_sub_state() == {"intent": "compare", "entities": ["option"]}
