"""
Decides what of a conversation is kept between two messages: the last turns, without their words.

Rules and forms need the intent, the kinds of entities, the slots and the actions of the turns before; they never need
the sentence itself, so it is not even sealed. When the oldest turn falls out of the window, its outcome stays: slots,
the active form and a pause are written down in front of what is left, so that no form breaks at the cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

Record = dict[str, Any]

_FOR_POLICIES = ("entity", "role", "group")  # of an entity; its value is a word of the officer
_NOT_KEPT = ("metadata", "confidence", "policy", "action_text")


def bounded(events: Sequence[Event], turns: int, slots: Sequence[Slot]) -> list[Event]:
    """
    The last *turns* turns of *events*, behind a summary of the rest. A turn begins with what the officer says.

    *slots* are the domain's, with their initial values.
    """
    starts = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= turns:
        return list(events)
    cut = starts[-turns] if turns else len(events)
    return [*_summary(events[:cut], slots), *events[cut:]]


def to_records(events: Iterable[Event]) -> list[Record]:
    """Plain data to be sealed; what the bot said is not in it, the name of the response is."""
    return [_record(event) for event in events if not isinstance(event, BotUttered)]


def to_events(records: Iterable[Record]) -> list[Event]:
    """The reverse of ``to_records``."""
    return [_event(record) for record in records]


def turns_in(records: Iterable[Record]) -> int:
    """How many turns there are."""
    return sum(record.get("event") == UserUttered.type_name for record in records)


def _summary(events: Sequence[Event], slots: Sequence[Slot]) -> list[Event]:
    before = DialogueStateTracker.from_events("", list(events), slots=slots)
    when = events[-1].timestamp
    summary: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME, timestamp=when), SessionStarted(timestamp=when)]
    initial = {slot.name: slot.initial_value for slot in slots}
    for name, slot in before.slots.items():
        if slot.value != initial[name]:
            summary.append(SlotSet(name, slot.value, timestamp=when))
    if before.active_loop is not None:
        summary.append(ActiveLoop(before.active_loop.name, timestamp=when))
        if before.active_loop.rejected:
            summary.append(ActionExecutionRejected(before.active_loop.name, timestamp=when))
    if before.is_paused():
        summary.append(ConversationPaused(timestamp=when))
    return [*summary, ActionExecuted(ACTION_LISTEN_NAME, timestamp=when)]


def _record(event: Event) -> Record:
    written: Record | None = getattr(event, "sidedoor_record", None)  # an event from an earlier turn does not change
    if written is not None:
        return written
    if isinstance(event, UserUttered):
        entities = [{key: entity[key] for key in _FOR_POLICIES if entity.get(key)} for entity in event.entities]
        record: Record = {"event": event.type_name, "intent": event.intent_name, "entities": entities}
    else:
        record = {key: value for key, value in event.as_dict().items() if key not in _NOT_KEPT and value is not None}
    return record | {"timestamp": int(event.timestamp) // 60 * 60}  # to the minute: sessions need no more


def _event(record: Record) -> Event:
    if record["event"] == UserUttered.type_name:
        entities = [{"value": None, **entity} for entity in record["entities"]]
        event: Event = UserUttered("", {"name": record["intent"]}, entities, timestamp=record["timestamp"])
    else:
        event = _kinds()[record["event"]]._from_parameters(record)
    event.sidedoor_record = record
    return event


@cache
def _kinds() -> dict[str, type[Event]]:
    """Rasa looks an event's class up among all subclasses for each event; here it is done once."""
    return {kind.type_name: kind for kind in all_subclasses(Event)}
