"""
Promises: each names tests that exist, and no sentence about confidentiality is said without one.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from bot.catalogue.promises import Promise, Promises, Subject, sentences
from bot.errors import DataError
from bot.settings import ROOT
from bot.wording import RESPONSES, Wording, _responses_in
from tests.catalogue.builders import change, copied

PROMISES = Promises.load()


@cache
def nodes(file: str) -> frozenset[str]:
    """The node ids of the tests in *file*, read off its syntax tree."""
    path = ROOT / file
    if not path.exists():
        return frozenset()
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(f"{file}::{node.name}")
        if isinstance(node, ast.ClassDef):
            found |= {f"{file}::{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return frozenset(found)


def variations(name: str) -> list[str]:
    """Every text of a response, one for each channel."""
    for path in RESPONSES.glob("*.yml"):
        found = _responses_in(path)
        if name in found:
            return [str(variation["text"]) for variation in found[name]]
    return []


@pytest.mark.parametrize("promise", PROMISES.all, ids=lambda promise: promise.id)
def test_every_proof_is_a_test_that_exists(promise: Promise) -> None:
    """
    Each test that a promise names is there, and checks something.
    """
    for node in promise.proof:
        assert node in nodes(node.split("::")[0]), node


@pytest.mark.parametrize("name", PROMISES.places)
def test_every_sentence_is_accounted_for(name: str) -> None:
    """
    Each sentence of the replies about confidentiality belongs to a promise or is listed as none.
    """
    texts = variations(name)

    assert texts
    for text in texts:
        assert PROMISES.unaccounted(text) == ()


@pytest.mark.parametrize("promise", PROMISES.all, ids=lambda promise: promise.id)
def test_what_is_said_is_said_somewhere(promise: Promise) -> None:
    """
    No sentence is kept in the list that nobody says any more.
    """
    everywhere = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    told = {sentence for name in PROMISES.places for text in variations(name) for sentence in sentences(text)}

    for sentence in promise.said:
        assert sentence in told or sentence in everywhere, sentence


def test_what_is_pending_is_not_shown() -> None:
    """
    A promise that no test proves is left out of every answer.
    """
    shown = PROMISES.told()

    for promise in PROMISES.pending():
        assert promise not in PROMISES.shown()
        assert promise.text not in shown


def test_what_is_pending_is_not_said() -> None:
    """
    No reply and no page makes a promise that no test proves.
    """
    assert [promise.id for promise in PROMISES.pending() if promise.said] == []


def test_the_answer_is_made_of_the_promises() -> None:
    """
    What is kept and how it is erased is told from the promises, each with its limit.
    """
    text = PROMISES.told(Subject.KEEPS, Subject.ERASES)

    assert "60 minutes" in text and "It can miss one" in text
    assert "made-up name" not in text


def test_the_wording_does_not_know_more_than_one_place() -> None:
    """
    The replies that are checked are the ones that the edge says.
    """
    assert set(PROMISES.places) <= set(Wording.load().names())


def test_a_proof_that_is_no_test_is_a_fault(tmp_path: Path) -> None:
    """
    A promise whose proof is a sentence, a file or nothing is refused, with its place.
    """
    data = copied(tmp_path)
    change(data / "promises.yml", "tests/test_settings.py::test_operator_can_only_shorten", "we looked at it")
    change(data / "promises.yml", "subject: crisis", "subject: hope")
    change(data / "promises.yml", "    proof: pending\n", "")

    with pytest.raises(DataError) as told:
        Promises.load(data)

    text = str(told.value)
    assert "gone_when_idle.proof: entry 3 is not the id of a test" in text
    assert "crisis_is_answered.subject" in text
    assert "never_writes_first.proof: is missing" in text
