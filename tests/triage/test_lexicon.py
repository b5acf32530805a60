"""
The safety net against invented messages: what must be caught, what must be asked about, what must be left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.triage.levels import Level, ReplyKind
from bot.triage.lexicon import Triage

TABLES = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One message of a table, with what its group allows."""

    group: dict[str, Any]
    phrase: str

    @property
    def replies(self) -> list[str]:
        return str(self.group["reply"]).split()

    @property
    def level(self) -> Level:
        return Level.from_label(self.group["level"])


def cases(*tables: str) -> list[Any]:
    return [
        pytest.param(Case(group, phrase), id=f"{name}-{group['kind']}-{number}")
        for name in tables
        for group in yaml.safe_load((TABLES / f"{name}.yml").read_text(encoding="utf-8"))
        for number, phrase in enumerate(group["phrases"].splitlines())
    ]


@lru_cache(maxsize=1)
def the_triage() -> Triage:
    return Triage.load()


@pytest.fixture
def triage() -> Iterator[Triage]:
    yield the_triage()


@pytest.mark.parametrize("case", cases("crisis", "crisis_others", "veiled", "wider"))
def test_danger_is_never_met_with_small_talk(case: Case, triage: Triage) -> None:
    """
    A message that tells of danger gets the numbers, or the question where its group allows it, and names who is meant.
    """
    verdict = triage.judge(case.phrase)

    assert verdict.reply_kind.value in case.replies
    assert verdict.level >= case.level
    assert verdict.subject.value == case.group.get("subject", verdict.subject.value)


@pytest.mark.parametrize("case", cases("open"))
def test_open_wording_is_asked_about(case: Case, triage: Triage) -> None:
    """
    Wording that can mean both is answered with the direct question.
    """
    assert triage.judge(case.phrase).reply_kind.value in case.replies


@pytest.mark.parametrize("case", cases("benign", "benign_more", "benign_wider", "benign_long"))
def test_harmless_messages_raise_no_alarm(case: Case, triage: Triage) -> None:
    """
    Sayings, scenes, teaching, rules, denials and everyday talk get a normal reply.
    """
    verdict = triage.judge(case.phrase)

    assert verdict.reply_kind is ReplyKind.NORMAL
    assert verdict.level <= case.level


@pytest.mark.parametrize("case", cases("strain"))
def test_strain_is_heard_without_an_alarm(case: Case, triage: Triage) -> None:
    """
    Strain gets a normal reply and the level of its group, from which the conversation goes on.
    """
    verdict = triage.judge(case.phrase)

    assert (verdict.reply_kind, verdict.level) == (ReplyKind.NORMAL, case.level)


@pytest.mark.parametrize("case", cases("crisis"))
def test_danger_is_found_inside_a_long_message(case: Case, triage: Triage) -> None:
    """
    What is caught alone is also caught between two harmless sentences.
    """
    around = "We had a slow week on nights. {} The kids have a game on Saturday."

    verdict = triage.judge(around.format(case.phrase.rstrip(".") + "."))

    assert verdict.reply_kind is not ReplyKind.NORMAL


def test_verdicts_carry_no_words(triage: Triage) -> None:
    """
    A verdict names rules of the file, never a word of the message.
    """
    verdict = triage.judge("I'm going to shoot myself tonight")

    assert set(verdict.rules) <= set(triage.rule_ids)


def test_there_are_at_least_a_thousand_patterns(triage: Triage) -> None:
    """
    The lexicon stays as broad as it has become.
    """
    assert triage.pattern_count >= 1000


@pytest.mark.parametrize("who", ["caller", "inmate"])
def test_recorded_words_are_not_the_writers(triage: Triage, who: str) -> None:
    """
    Words in quotation marks beside a caller are the caller's; what stands outside them is the writer's.
    """
    quoted = f'The {who} stated "I am going to kill myself tonight". I need the recording.'

    assert triage.judge(quoted).reply_kind is ReplyKind.NORMAL
    assert triage.judge(quoted + " And I am going to kill myself too.").reply_kind is not ReplyKind.NORMAL
    assert triage.judge('I told my wife "I am going to kill myself tonight".').reply_kind is not ReplyKind.NORMAL
    assert triage.judge("I told my wife 'I am going to kill myself tonight'.").reply_kind is not ReplyKind.NORMAL


@pytest.mark.parametrize(
    "text",
    [
        "the psych asked was i suicidal, i said no, but it was a lie",
        "doc asked about hurting myself. I said no. Then I went home and cut my arm again.",
        "she asked do i think about ending my life and i said no because they take the gun, i think of it daily",
        "my wife asked if i want to die and i said nothing",
        "item nine, thoughts of dying, i put no. the truth is every night",
        "he says 'kill yourself' and tonight i will",
        "i am this close to suicide",
        "it should have been me that got hit",
        "he went first. now it is my turn",
        "Subject: I want to die",
        "are you required to report if i am suicidal",
        "are you a mandated reporter? because i am suicidal",
        "my wife died. i have made my peace with dying",
        "bad primer. i pulled the trigger on myself and nothing",
        "i am going to do it for them, they get the insurance",
        'I told my wife "I can\'t go on"',
        "the neighbor called because my husband is on the roof and wants to jump",
        "they are all better off without me",
        "I am going to jump off the bridge into the river",
        "thinking of jumping off the pier into the water",
        "i typed a suicide note",
    ],
)
def test_what_was_said_elsewhere_hides_nothing(text: str, triage: Triage) -> None:
    """
    What was answered on a form, said by somebody else or can be a saying takes nothing from what the writer says now.
    """
    assert triage.judge(text).reply_kind is not ReplyKind.NORMAL


def test_every_pattern_is_met_by_some_phrase(triage: Triage) -> None:
    """
    No pattern of the lexicon stands there untried: each is met by a phrase of the tables beside this file.
    """
    tables = ("crisis", "crisis_others", "veiled", "wider", "met", "open", "strain")
    phrases = [case.values[0].phrase for case in cases(*tables, "benign", "benign_more", "benign_wider", "benign_long")]

    unmet = triage.unmet(phrases)

    assert not unmet, f"rule and place in it, without an example: {sorted(unmet)}"


def test_an_example_of_a_pattern_is_never_met_with_small_talk(triage: Triage) -> None:
    """
    Where a pattern tells of danger, its example gets the question or the numbers.
    """
    examples = [case.values[0] for case in cases("met")]
    missed = [one.phrase for one in examples if triage.judge(one.phrase).reply_kind.value not in one.replies]

    assert len(examples) > 800
    assert not missed
