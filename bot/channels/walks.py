"""
Leads an officer through what needs no assistant, button by button: self-checks, exercises, a safety plan, pages.

It lives at the edge so that it works while the assistant is away, and so that nothing of it is ever stored: a
self-check's points are in the memory of the running conversation until the result is said, and what is typed into a
plan is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.triage.levels import Level
from bot.wording import Button, Reply, Wording
from bot.yaml_files import read_yaml

if TYPE_CHECKING:
    from bot.catalogue.coping import Exercise
    from bot.catalogue.safety_plan import SafetyPlan
    from bot.catalogue.self_checks import SelfCheck

# The catalogue is read when a walk begins: the edge answers a crisis within a second of its start.


def exercises() -> Mapping[str, Exercise]:
    """The shipped exercises."""
    from bot.catalogue.coping import exercises as shipped

    return shipped()


def safety_plan() -> SafetyPlan:
    """The shipped plan."""
    from bot.catalogue.safety_plan import safety_plan as shipped

    return shipped()


def self_checks() -> Mapping[str, SelfCheck]:
    """The shipped checks."""
    from bot.catalogue.self_checks import self_checks as shipped

    return shipped()


FEW = 3  # a "yes" to a longer menu names nothing
_PHRASES = Path(__file__).with_name("walks.yml")
_NOISE = re.compile(r"[^\w\s]|_")


@dataclass(slots=True)
class Walk:
    """Where one conversation is. ``answers`` are points by item; no words of the officer are here."""

    check: str = ""
    answers: dict[int, int] = field(default_factory=dict)
    plan_step: int = 0
    go_on: str = ""

    def leave(self) -> None:
        """Forgets all of it."""
        self.check, self.plan_step, self.go_on = "", 0, ""
        self.answers.clear()


@dataclass(frozen=True, slots=True)
class Walked:
    """What is said next. With ``ask_directly`` the question about suicide follows."""

    replies: tuple[Reply, ...]
    ask_directly: bool = False


class Walks:
    """All walks, over the reviewed wording; one object serves every conversation."""

    def __init__(self, wording: Wording, phrases: Path = _PHRASES) -> None:
        self._wording = wording
        listed = read_yaml(phrases)
        self._go_on, self._leave = frozenset(listed["go_on"]), frozenset(listed["leave"])
        self._ways: dict[str, Callable[[Walk, str, Level, str], Walked | None]] = {
            "/read": self._read,
            "/exercise": self._exercise,
            "/exercise_step": self._exercise_step,
            "/self_check": self._self_check,
            "/self_check_answer": self._self_check_answer,
            "/safety_plan": self._safety_plan,
            "/safety_plan_words": self._safety_plan_words,
        } | {f"/{name}": self._said_here(name) for name in listed["said_here"]}

    def typed(self, walk: Walk, text: str) -> str | None:
        """The choice that typed words come to while a walk is under way; None, and the walk is left, for any other."""
        plain = _plain(text)
        found = self._answer_typed(walk, plain) or self._step_typed(walk, plain, text)
        if found is None:
            walk.leave()
        return found

    def go(self, walk: Walk, choice: str, level: Level, channel: str) -> Walked | None:
        """What the button *choice* leads to; None, and the walk is left, when it belongs to somebody else."""
        name, _, value = choice.partition(":")
        way = self._ways.get(name)
        walked = way(walk, value, level, channel) if way else None
        if walked is None:
            walk.leave()
            return None
        buttons = walked.replies[-1].buttons
        walk.go_on = buttons[0].payload if 0 < len(buttons) <= FEW and not walk.check else ""
        return walked

    # -- typed words

    def _answer_typed(self, walk: Walk, plain: str) -> str | None:
        check = self_checks().get(walk.check) if walk.check else None
        place = check.next_item(walk.answers) if check else None
        if check is None or place is None:
            return None
        labels = [_plain(label) for label in check.items[place - 1].answers]
        return f"/self_check_answer:{check.id}_{place}_{labels.index(plain)}" if plain in labels else None

    def _step_typed(self, walk: Walk, plain: str, text: str) -> str | None:
        if plain in self._go_on and walk.go_on:
            return walk.go_on
        if not walk.plan_step or plain in self._leave or not plain or text.rstrip().endswith("?"):
            return None
        return f"/safety_plan_words:{walk.plan_step}"

    # -- the walks

    def _read(self, walk: Walk, value: str, _level: Level, channel: str) -> Walked | None:
        if f"utter_read_{value}" not in self._wording:
            return None
        walk.leave()
        return Walked((self._say(f"utter_read_{value}", channel),))

    def _said_here(self, name: str) -> Callable[[Walk, str, Level, str], Walked | None]:
        """The way of a button of the crisis menus: one text, without anything that could be slow."""

        def say(walk: Walk, _value: str, _level: Level, channel: str) -> Walked | None:
            walk.leave()
            return Walked((self._say(f"utter_{name}", channel),))

        return say

    def _exercise(self, walk: Walk, value: str, _level: Level, channel: str) -> Walked | None:
        found = exercises().get(value)
        if found is None:
            return None
        walk.leave()
        steps = "\n".join(f"{place}. {step}" for place, step in enumerate(found.steps, start=1))
        reply = self._say(
            "utter_exercise", channel, title=found.title, minutes=str(found.minutes), steps=steps, stop=found.stop
        )
        return Walked((_filled(reply, "/exercise_step", f"{value}_1"),))

    def _exercise_step(self, walk: Walk, value: str, _level: Level, channel: str) -> Walked | None:
        name, place = _numbered(value)
        found = exercises().get(name)
        if found is None or not 1 <= place <= len(found.steps) + 1:
            return None
        walk.leave()
        if place > len(found.steps):
            return Walked((self._say("utter_exercise_done", channel, stop=found.stop, evidence=found.evidence),))
        of = str(len(found.steps))
        reply = self._say("utter_exercise_step", channel, place=str(place), of=of, step=found.steps[place - 1])
        return Walked((_filled(reply, "/exercise_step", f"{name}_{place + 1}"),))

    def _self_check(self, walk: Walk, value: str, level: Level, channel: str) -> Walked | None:
        check = self_checks().get(value)
        if check is None:
            return None
        walk.leave()
        if level >= Level.HIGH:  # nobody in danger is given a form
            return Walked((self._say("utter_self_check_not_now", channel),))
        walk.check = value
        values = {"title": check.title, "check": check.name, "about": check.about, "credit": check.credit}
        begin = self._say("utter_self_check_begin", channel, **values)
        return Walked((begin, self._item(check, 1, channel)))

    def _self_check_answer(self, walk: Walk, value: str, level: Level, channel: str) -> Walked | None:
        rest, points = _numbered(value)
        name, place = _numbered(rest)
        check = self_checks().get(name)
        if check is None or not check.takes(place, points):
            return None
        if level >= Level.HIGH:
            return self._self_check(walk, name, level, channel)
        if walk.check != name:
            walk.leave()
            walk.check = name
        walk.answers[place] = points
        following = check.next_item(walk.answers)
        return (
            self._result(walk, check, channel)
            if following is None
            else Walked((self._item(check, following, channel),))
        )

    def _item(self, check: SelfCheck, place: int, channel: str) -> Reply:
        item = check.items[place - 1]
        counted = [number for number, found in enumerate(check.items, start=1) if not found.gate]
        name = "utter_self_check_gate" if item.gate else "utter_self_check_item"
        number = "" if item.gate else str(counted.index(place) + 1)
        reply = self._say(name, channel, place=number, of=str(len(counted)), stem=check.stem, item=item.text)
        payload = f"/self_check_answer:{check.id}_{place}"
        return replace(reply, buttons=tuple(Button(label, f"{payload}_{at}") for at, label in enumerate(item.answers)))

    def _result(self, walk: Walk, check: SelfCheck, channel: str) -> Walked:
        score = check.score(walk.answers)
        band, parts = check.band(score), check.parts_reached(walk.answers)
        walk.leave()
        says = " ".join([band.says, *(part.says for part in parts)])
        values = {"check": check.name, "score": str(score), "highest": str(check.highest), "says": says, "do": band.do}
        reply = self._say("utter_self_check_result", channel, **values)
        return Walked((replace(reply, buttons=(*check.buttons, *reply.buttons)),), band.ask_directly)

    def _safety_plan(self, walk: Walk, value: str, _level: Level, channel: str) -> Walked | None:
        plan = safety_plan()
        place = int(value) if value.isdecimal() else 0
        if not 1 <= place <= len(plan.steps) + 1:
            return None
        walk.leave()
        if place > len(plan.steps):
            return Walked((self._say("utter_safety_plan_end", channel, end=plan.end),))
        walk.plan_step = place
        step = plan.steps[place - 1]
        hints = "\n".join(f"- {hint}" for hint in step.hints)
        where = {"place": str(place), "of": str(len(plan.steps)), "title": step.title}
        said = self._say("utter_safety_plan_step", channel, **where, ask=step.ask, lead=step.lead, hints=hints)
        reply = _filled(said, "/safety_plan", str(place + 1))
        begin = (self._say("utter_safety_plan_begin", channel, start=plan.start),) if place == 1 else ()
        return Walked((*begin, reply))

    def _safety_plan_words(self, walk: Walk, value: str, level: Level, channel: str) -> Walked | None:
        """What was typed is dropped unread and not repeated; the next step is shown."""
        place = int(value) + 1 if value.isdecimal() else 0
        following = self._safety_plan(walk, str(place), level, channel)
        if following is None:
            return None
        return Walked((self._say("utter_safety_plan_not_kept", channel), *following.replies))

    def _say(self, name: str, channel: str, **values: str) -> Reply:
        return self._wording.say(name, channel=channel, **values)


def _filled(reply: Reply, payload: str, value: str) -> Reply:
    """*reply* with *value* added to its button *payload*: the wording cannot know where an officer is."""
    buttons = (Button(b.title, f"{payload}:{value}") if b.payload == payload else b for b in reply.buttons)
    return replace(reply, buttons=tuple(buttons))


def _numbered(value: str) -> tuple[str, int]:
    """``slow_breathing_3`` is ``("slow_breathing", 3)``; without a number it is nothing."""
    name, _, number = value.rpartition("_")
    return (name, int(number)) if number.isdecimal() else ("", -1)


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub(" ", text.replace("'", "").replace("’", "").lower()).split())
