"""
The lexicon decides, the scorer may raise and calm bare mentions, and what is broken is asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.triage.layers import Layers, read_thresholds
from bot.triage.levels import Level, ReplyKind, Subject, Verdict
from bot.triage.lexicon import Triage
from bot.triage.scoring import joining
from bot.triage.scoring.heads import HEADS

CALM = dict.fromkeys(HEADS, 0.0)
LEXICON = Triage.load()
LINES = read_thresholds()


class Fixed:
    """A scorer that says the same of everything, or breaks."""

    def __init__(self, scores: Mapping[str, float] | None) -> None:
        self._scores = scores

    def scores(self, text: str) -> Mapping[str, float]:
        if self._scores is None:
            raise RuntimeError("broken")
        return self._scores


def layers(**scores: float) -> Layers:
    return Layers(LEXICON, LINES, Fixed({**CALM, **scores}))


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself tonight",
        "i want to die",
        "ive been suicidal for a month",
        "I am beyond help",
        "suicidal",
        "my partner says he wants to die",
        "thinking about my gun a lot",
        "my wife keeps saying shes going to kill herself",
        "I have my gun in my mouth",
        "i took all my pills",
        "the lieutenant is in the next room and I am going to shoot him now",
        "hello",
    ],
)
def test_a_calm_scorer_lowers_nothing_that_is_said_in_plain_words(text: str) -> None:
    """
    What the lexicon finds in plain words stands, whatever the scorer thinks of it.
    """
    assert layers().judge(text) == LEXICON.judge(text)


def test_a_sign_counts_unless_the_scorer_is_sure_of_calm() -> None:
    """
    Words that go with much that is harmless are no alarm where the scorer is sure, and are one wherever it is not, or
    is not there. What the lexicon found besides stays.
    """
    sign = "two bodies, one gun, the examiner says murder suicide"
    sure = layers().judge(sign)
    (calm,) = LINES.calm
    both = layers().judge(f"{sign}. i want to kill myself")

    assert LEXICON.judge(sign).reply_kind is not ReplyKind.NORMAL
    assert (sure.level, sure.reply_kind, sure.rules[-1]) == (Level.NONE, ReplyKind.NORMAL, calm.id)
    assert layers(**calm.below).judge(sign).reply_kind is LEXICON.judge(sign).reply_kind
    assert Layers(LEXICON, LINES, Fixed(None)).judge(sign).reply_kind is LEXICON.judge(sign).reply_kind
    assert Layers(LEXICON, LINES).judge(sign) == LEXICON.judge(sign)
    assert both.reply_kind is ReplyKind.CRISIS


def test_open_wording_is_asked_about_unless_it_is_calm_around_it() -> None:
    """
    Open wording that is nearly all that is said is asked about however calm the scorer; in a long story it is a sign.
    """
    story = "nineteen years i shaved every morning before roll call and then last week i told my barber i am done. beard club"

    assert layers().judge("i am done").reply_kind is ReplyKind.CHECK_IN
    assert LEXICON.judge(story).reply_kind is ReplyKind.CHECK_IN
    assert layers().judge(story).reply_kind is ReplyKind.NORMAL
    assert layers().judge(f"{story}. i want to kill myself").reply_kind is ReplyKind.CRISIS


def test_a_fault_in_the_lexicon_is_asked_about_however_calm_the_scorer(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What the lexicon could not judge is no sign that may be calmed.
    """
    monkeypatch.setattr(LEXICON, "_hits", lambda piece: 1 / 0)

    assert layers().judge("the weather is nice").reply_kind is ReplyKind.CHECK_IN


def test_a_certain_scorer_raises_what_the_lexicon_missed() -> None:
    """
    A harmless-looking message that the scorer is certain of gets the numbers, one it is fairly sure of the question.
    """
    certain = layers(**dict.fromkeys(("mild", "moderate", "high", "imminent", "ask"), 1.0)).judge("the weather is nice")
    fairly = layers(mild=1.0, moderate=1.0, high=1.0, ask=_between("scorer.ask", "scorer.crisis")).judge(
        "the weather is nice"
    )

    assert (certain.level, certain.reply_kind) == (Level.IMMINENT, ReplyKind.CRISIS)
    assert (fairly.level, fairly.reply_kind) == (Level.HIGH, ReplyKind.CHECK_IN)


def test_a_broken_scorer_is_a_reason_to_ask() -> None:
    """
    An exception in the scorer never lets a message pass, and never hides what the lexicon found.
    """
    broken = Layers(LEXICON, LINES, Fixed(None))

    assert broken.judge("the weather is nice").reply_kind is ReplyKind.CHECK_IN
    assert broken.judge("I want to kill myself").reply_kind is ReplyKind.CRISIS


def test_the_question_is_about_the_right_person() -> None:
    """
    A worry about somebody else that only the scorer finds is asked about as such.
    """
    found = layers(mild=1.0, moderate=1.0, high=1.0, ask=_between("scorer.ask", "scorer.crisis"), other=0.9).judge("hm")

    assert found.subject is Subject.OTHER


def test_without_a_scorer_the_lexicon_decides() -> None:
    """
    Where the scorer cannot be loaded the verdicts are the lexicon's, and that is said.
    """
    alone = Layers.over(LEXICON)

    def load() -> Fixed:
        raise DataError("missing")

    assert not alone.join(load)
    assert not alone.whole
    assert alone.judge("I want to die") == LEXICON.judge("I want to die")
    assert alone.scores("I want to die") == {}


def test_thresholds_that_cannot_be_read_raise_nothing(tmp_path: Path) -> None:
    """
    A broken file of thresholds leaves the lexicon as it is, and names the line where somebody asks.
    """
    broken = tmp_path / "thresholds.yml"
    broken.write_text("- {id: x, from: {nonsense: 0.5}, means: high}\n", encoding="utf-8")

    assert Layers.over(LEXICON, broken).judge("hello") == Verdict()
    with pytest.raises(DataError, match="line 1"):
        read_thresholds(broken)


def test_the_scorer_joins_while_messages_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """
    The lexicon answers before the scorer is there; once it is, it counts.
    """
    late = Layers.over(LEXICON)
    before = late.judge("the weather is nice")
    monkeypatch.setattr(joining, "join", lambda own, _: own.join(lambda: Fixed(dict.fromkeys(HEADS, 1.0))))

    asyncio.run(joining.join_when_there(late, tmp_path, head_start=0))

    assert before.reply_kind is ReplyKind.NORMAL
    assert late.judge("the weather is nice").reply_kind is ReplyKind.CRISIS


def _between(low: str, high: str) -> float:
    lines = {line.id: line.least["ask"] for line in LINES.lines if "ask" in line.least}
    return (lines[low] + lines[high]) / 2
