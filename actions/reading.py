"""
Reads what a conversation is about out of the tracker: which kind of help, whose eyes, which state, what was wished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rasa_sdk import Tracker

from bot.catalogue import Catalogue
from bot.catalogue.asking import Heard
from bot.catalogue.guarantees import Audience, Option
from bot.triage.levels import Level


def words(value: object) -> tuple[str, ...]:
    """A slot's value as names; a slot holds a list when one message named several."""
    found = value if isinstance(value, list) else [value]
    return tuple(str(item).strip().lower().replace(" ", "_") for item in found if item)


def written(tracker: Tracker) -> str:
    """The latest message as it was typed; nothing for a button, whose text is its payload."""
    text = str((tracker.latest_message or {}).get("text") or "")
    return "" if text.startswith("/") else text


def likely(tracker: Tracker, least: float) -> list[str]:
    """What the latest message may mean, with at least this certainty, the likeliest first."""
    ranking = (tracker.latest_message or {}).get("intent_ranking") or []
    return [str(one.get("name")) for one in ranking if float(one.get("confidence") or 0) >= least]


def pressed(tracker: Tracker) -> str:
    """The value of the button that was pressed, if it had one."""
    entities = (tracker.latest_message or {}).get("entities") or ()
    return next((str(item.get("value")) for item in entities if item.get("extractor") == "button"), "")


def options_now(tracker: Tracker, catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of the kinds of help that the latest message names, in its order."""
    known = {option.id for option in catalogue.options()}
    read = (*catalogue.options_in(written(tracker)), *words(list(tracker.get_latest_entity_values("option"))))
    return tuple(dict.fromkeys(name for name in read if name in known))


def options_before(tracker: Tracker, catalogue: Catalogue) -> tuple[str, ...]:
    """The kind of help that was spoken of before the latest message."""
    known = {option.id for option in catalogue.options()}
    past = [
        name for value in _values(_until_latest(tracker.events), "option") for name in words(value) if name in known
    ]
    return tuple(past[-1:])


def options_named(tracker: Tracker, catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of all kinds of help named in this message or, if none, in an earlier one."""
    known = {option.id for option in catalogue.options()}
    held = tuple(name for name in words(tracker.get_slot("option")) if name in known)
    return options_now(tracker, catalogue) or held or options_before(tracker, catalogue)


def subject(tracker: Tracker) -> str:
    """The fear that was answered after the last kind of help was spoken of, or nothing."""
    topic = ""
    for event in tracker.events:
        if event.get("event") == "slot" and event.get("value"):
            topic = {"subject": str(event["value"]), "option": ""}.get(str(event.get("name")), topic)
    return topic


def state_named(tracker: Tracker, catalogue: Catalogue | None = None) -> str | None:
    """The postal code that the officer gave, if any; with *catalogue*, also one that only the text has."""
    if catalogue is not None and intent(tracker) == "tell_state" and catalogue.state_named(written(tracker)):
        return catalogue.state_named(written(tracker))
    found = words(tracker.get_slot("state"))
    return found[0].upper() if found else None


def card(tracker: Tracker, catalogue: Catalogue) -> Option | None:
    """The card in question, as it is in the officer's state; None when no kind of help was named."""
    names = options_named(tracker, catalogue)
    return catalogue.option(names[0], state_named(tracker)) if names else None


def who_learns(tracker: Tracker) -> str:
    """
    Whom the officer fears, as ``supervisor``, ``spouse`` …, or nothing.

    Named in this message, or when it was asked who would find out: "my wife left me" is not about who learns of it.
    """
    found = words(tracker.get_slot("who_learns"))
    said = [event.get("parse_data") or {} for event in tracker.events if event.get("event") == "user"]
    named = [one for one in said if any(entity["entity"] == "who_learns" for entity in one.get("entities") or ())]
    asked = not named or named[-1] is said[-1] or _intent(named[-1]) == "ask_confidentiality"
    return found[0] if found and asked else ""


def heard(tracker: Tracker, catalogue: Catalogue) -> Heard:
    """What help is looked for and how it should be: kept, spoken of earlier, and named in the latest message."""
    found = Heard(words(tracker.get_slot("needs")), words(tracker.get_slot("wishes")))
    for event in _since_suggested(_until_latest(tracker.events)):
        found = found.and_then(_told(event.get("parse_data") or {}, catalogue))
    now = catalogue.asking.pressed(pressed(tracker)).and_then(catalogue.asking.heard(written(tracker)))
    return found.and_then(now)


def was_asked(tracker: Tracker) -> bool:
    """Whether the latest message follows the question what it is about; the question leaves an empty list behind."""
    for event in reversed(_until_latest(tracker.events)):
        if event.get("event") == "user":
            return False
        if event.get("event") == "slot" and event.get("name") == "needs":
            return event.get("value") == []
    return False


def audience(tracker: Tracker) -> Audience:
    """Whom help is looked for: an officer unless somebody else was named."""
    named = [wish for wish in words(tracker.get_slot("wishes")) if wish in {str(who) for who in Audience}]
    return Audience(named[-1]) if named else Audience.OFFICER


def level(tracker: Tracker) -> Level:
    """The level of distress in force."""
    found = words(tracker.get_slot("distress"))
    try:
        return Level.from_label(found[0]) if found else Level.NONE
    except KeyError:
        return Level.NONE


def intent(tracker: Tracker) -> str:
    """The name of the latest intent."""
    return _intent(tracker.latest_message or {})


def _intent(reading: Mapping[str, Any]) -> str:
    return str((reading.get("intent") or {}).get("name") or "")


def _told(reading: Mapping[str, Any], catalogue: Catalogue) -> Heard:
    """What an earlier message said of needs; one that asked about something else wished for nothing."""
    about = catalogue.asking.spoken_of([_intent(reading)])
    if not about:
        return about
    text = str(reading.get("text") or "")
    named = catalogue.asking.heard("" if text.startswith("/") else text)
    return Heard(named.needs or about.needs, named.wishes)


def _since_suggested(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages since suggestions were last made, whose needs and wishes are kept in slots."""
    found: list[Mapping[str, Any]] = []
    for event in events:
        if event.get("event") == "user":
            found.append(event)
        if event.get("event") == "slot" and event.get("name") == "wishes" and event.get("value") is not None:
            found = []
    return found


def _values(events: Iterable[Mapping[str, Any]], slot: str) -> Iterator[object]:
    for event in events:
        if event.get("event") == "slot" and event.get("name") == slot and event.get("value"):
            yield event["value"]


def _until_latest(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events before the latest message."""
    told = list(events)
    last = max((place for place, event in enumerate(told) if event.get("event") == "user"), default=0)
    return told[:last]
