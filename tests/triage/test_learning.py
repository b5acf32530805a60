"""
What the scorer learns from beside the messages with levels: the utterances of intents, as far as they tell anything.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.assistant.utterances import utterances
from bot.errors import DataError
from bot.learning.levels import CALM, CALM_SCENE, CALM_UTTERANCES, Example, Rows, read, read_calm, redacted
from bot.settings import ROOT
from bot.triage.levels import Level, ReplyKind, Subject
from bot.triage.lexicon import Triage
from bot.triage.scoring.heads import HEADS
from bot.yaml_files import read_yaml


def test_the_lists_name_intents_once() -> None:
    """Every list is of intents that have utterances; those whose utterances tell of danger are in none."""
    known = utterances(ROOT / "nlu_data")
    named = [intent for intents in read_yaml(CALM).values() for intent in intents]

    assert set(named) <= set(known)
    assert len(named) == len(set(named))
    assert not {"suicidal_statement", "weapon_distance", "crisis_privacy"} & set(named)


def test_what_is_at_most_mild_is_taken_for_no_more() -> None:
    """A ceiling teaches the heads above it, and none below; of moderate ones nothing is learnt about asking."""
    rows = Rows.of([example(Level.MILD), example(Level.MODERATE), example(Level.MILD, at_most=False)])
    counted = [{head for head, counts in zip(HEADS, row, strict=True) if counts} for row in rows.counts]

    assert counted[0] == {"moderate", "high", "imminent", "ask"}
    assert counted[1] == {"high", "imminent"}
    assert counted[2] == {"mild", "moderate", "high", "imminent", "ask"}
    assert not np.any(rows.truth[:, HEADS.index("high")])


def test_what_the_lexicon_finds_something_in_is_left_out(tmp_path: Path) -> None:
    """No utterance in which the lexicon finds danger is taught as harmless; of many, some are taken, evenly."""
    lists = tmp_path / "calm.yml"
    lists.write_text("none: [chat]\nat most mild: [woes]\n", encoding="utf-8")
    lexicon = Triage.load()
    many = [f"the bus is late by {number} minutes" for number in range(CALM_UTTERANCES * 3)]

    found = read_calm({"chat": many, "woes": ["i sleep badly", "i want to kill myself"]}, lexicon, lists)

    assert found[-1] == Example("i sleep badly", Level.MILD, Subject.SELF, "woes 0", at_most=True)
    assert [one.text for one in found[:-1]] == many[::3]
    assert len({one.scene for one in found[:-1]}) == CALM_UTTERANCES // CALM_SCENE
    assert all(lexicon.judge(one.text).reply_kind is ReplyKind.NORMAL for one in found)


def test_what_redaction_changes_is_learnt_both_ways() -> None:
    """A message is learnt as redaction leaves it, too, with all else that is known of it, where that reads otherwise."""
    named = Example("tell Sarah I am sorry", Level.IMMINENT, Subject.SELF, "letters")
    dated = Example("since 4/12 I am fine", Level.NONE, Subject.SELF, "dates")

    found = redacted([named, dated], lambda text: text.replace("Sarah", "[name]").replace("4/12", "[number]"))

    assert found == [Example("tell [name] I am sorry", Level.IMMINENT, Subject.SELF, "letters")]


def test_a_broken_group_is_named(tmp_path: Path) -> None:
    """A file of messages whose group lacks a field is refused by its name and the group's number."""
    (tmp_path / "some.yml").write_text(
        "- {level: none, scene: a, utterances: [x]}\n- {level: none}\n", encoding="utf-8"
    )

    with pytest.raises(DataError, match=r"some\.yml: group 2"):
        read(tmp_path)


def example(level: Level, *, at_most: bool = True) -> Example:
    return Example("we talk", level, Subject.SELF, "scene", at_most)
