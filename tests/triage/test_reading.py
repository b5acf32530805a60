"""
What the scorer reads of a message: its words, without numbers and links, and a word for each label of redaction.
"""

from __future__ import annotations

import pytest

from bot.privacy.redaction import Redactor
from bot.triage.scoring.reading import STAND_INS, parts, plain
from bot.yaml_files import read_yaml


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A trip to [place]", "a trip to springfield"),
        ("[Name] is gone", "sam is gone"),
        ("call [phone] now", "call   now"),
        ("[no such label] left", "  left"),
        ("see www.example.org, 4 of us", "see     of us"),
    ],
)
def test_a_label_leaves_no_sentence_that_breaks_off(text: str, read: str) -> None:
    """
    A label that stands for a word is read as a word of that kind; one that stands for digits is not read, as digits.
    """
    assert plain(text) == read


def test_every_stand_in_is_for_a_label() -> None:
    """
    Each is of a label that redaction writes, and is plain already.
    """
    labels = Redactor.load().labels
    stand_ins = read_yaml(STAND_INS)

    assert set(stand_ins) <= labels
    assert [word for word in stand_ins.values() if plain(word) != word] == []


def test_a_long_message_is_read_in_parts_that_overlap() -> None:
    """
    No part is longer than a sentence may be, and no word is lost.
    """
    words = [f"word{'abcdefghij'[number % 10]}" for number in range(100)]

    found = parts(" ".join(words))

    assert max(len(part.split()) for part in found) <= 28
    assert found[0].split() == words[:28]
    assert found[-1].split()[-1] == words[-1]
