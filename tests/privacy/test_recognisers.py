"""Each recogniser is as good as its examples, which stand beside it in recognisers.yml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.errors import DataError
from bot.privacy.recognisers import RECOGNISERS, Recogniser, load
from bot.privacy.redaction import Redactor
from bot.privacy.words import WordBook

BOOK = WordBook.load()
ALL = load()
MARK = re.compile(r"\{\{(.*?)\}\}")


def cases(field: str) -> list[object]:
    return [
        pytest.param(one, example, id=f"{one.id}-{number}")
        for one in ALL
        for number, example in enumerate(getattr(one, field))
    ]


@pytest.mark.parametrize(("recogniser", "example"), cases("match"))
def test_takes_out_what_is_marked(recogniser: Recogniser, example: str) -> None:
    """
    A recogniser by itself takes out what its example marks, and leaves every other word.
    """
    redacted = Redactor([recogniser], BOOK).redact(MARK.sub(r"\1", example))

    assert redacted == MARK.sub(f"[{recogniser.label}]", example)


@pytest.mark.parametrize(("recogniser", "example"), cases("leave"))
def test_leaves_what_only_looks_alike(recogniser: Recogniser, example: str) -> None:
    """
    A recogniser by itself does not touch its counter-examples.
    """
    assert Redactor([recogniser], BOOK).redact(example) == example


@pytest.mark.parametrize("recogniser", ALL, ids=lambda one: one.id)
def test_has_examples_of_both_kinds(recogniser: Recogniser) -> None:
    """
    Nobody adds a recogniser without showing what it is for and where it stops.
    """
    assert recogniser.match and recogniser.leave


def test_ids_are_unique() -> None:
    """
    A recogniser can be named without doubt.
    """
    assert len({one.id for one in ALL}) == len(ALL)


@pytest.mark.parametrize("recogniser", ALL, ids=lambda one: one.id)
def test_long_nonsense_takes_no_time(recogniser: Recogniser) -> None:
    """
    No pattern can be made to run for long by ten thousand characters written to that end.
    """
    import time

    slowest = 0.0
    for piece in (
        "a ",
        "1-",
        "one ",
        "A.",
        "aA1 ",
        "1 ",
        "st ",
        "@a.",
        "my wife ",
        "Ab ",
        "adam 1 ",
        "the 1st of ",
        "x" * 40,
    ):
        started = time.process_time()
        Redactor([recogniser], BOOK)._find((piece * 10_000)[:10_000])
        slowest = max(slowest, time.process_time() - started)

    assert slowest < 5.0  # a pattern that runs away takes minutes; a busy machine takes twice as long


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """
    A mistake in the file stops the start and names the recogniser and the field.
    """
    content = yaml.safe_load(RECOGNISERS.read_text(encoding="utf-8"))
    entry = {"id": "odd", "label": "odd", "find": ["("], "match": ["x"], "leave": ["y"]}
    broken = tmp_path / "recognisers.yml"

    for change, complaint in (
        ({}, "odd: a pattern"),
        ({"find": [], "check": "nothing"}, "odd: nothing"),
        ({"label": None}, ""),
    ):
        broken.write_text(yaml.safe_dump(content | {"recognisers": [entry | change]}), encoding="utf-8")
        with pytest.raises(DataError, match=complaint):
            load(broken)
