"""
Promises: each names tests that exist, and no sentence about confidentiality is said without one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalogue import claims
from bot.catalogue.promises import Promise, Promises, Subject, sentences
from bot.errors import DataError
from bot.wording import RESPONSES, Wording, _responses_in
from tests.catalogue.builders import change, copied

PROMISES = Promises.load()


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
        assert node in claims.tests_in(node.split("::")[0]), node


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
    told = {sentence for _, text in claims.texts() for sentence in sentences(text)}

    for sentence in promise.said:
        assert sentence in told, sentence


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
    change(data / "promises.yml", "    said:\n      - I will not write to you first.\n    proof:\n", "    said:\n")

    with pytest.raises(DataError) as told:
        Promises.load(data)

    text = str(told.value)
    assert "gone_when_idle.proof: entry 3 is not the id of a test" in text
    assert "crisis_is_answered.subject" in text
    assert "never_writes_first.proof: is missing" in text


def test_nothing_is_to_be_refused() -> None:
    """
    Every claim in the replies, the widget and the README is accounted for, and docs/subpoena.md is current.
    """
    assert claims.faults(PROMISES) == []


def test_nothing_is_pending() -> None:
    """
    Each promise has a test.
    """
    assert PROMISES.pending() == ()


@pytest.mark.parametrize(
    "claim",
    [
        "I keep nothing of this chat.",
        "This service never logs who you are.",
        "Nobody here can see what you told me, and nothing is stored.",
        "It is deleted right away.",
        "I am software and call nobody.",
        "They never see: your name.",
    ],
)
def test_a_new_claim_without_a_promise_is_found(claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Somebody who writes a new sentence about confidentiality anywhere is stopped until a promise with a test stands behind it.
    """
    monkeypatch.setattr(claims, "texts", lambda: iter([("responses: utter_new", f"Good question. {claim}")]))

    found = claims.faults(PROMISES)

    assert found == [f"responses: utter_new: no promise stands behind: {claim}"]


def test_every_place_that_officers_read_is_looked_at() -> None:
    """
    The replies, the widget, Telegram's own texts and the README with its tables are read; a recorded conversation is not.
    """
    read = list(claims.texts())

    assert {place.split(":")[0] for place, _ in read} == {"responses", "telegram", "widget", "README.md"}
    assert ("README.md", "every sentence held to its rules; every promise to its test") in read


def test_a_proof_that_is_gone_is_found() -> None:
    """
    A promise whose test was renamed or removed is refused.
    """
    lost = replace(PROMISES.all[0], proof=("tests/test_settings.py::test_that_never_was",))

    found = claims.faults(replace(PROMISES, all=(lost, *PROMISES.all[1:])))

    assert "promises.yml: there is no test tests/test_settings.py::test_that_never_was" in found


def test_an_old_answer_to_a_subpoena_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What is published is what the promises say, or the check fails.
    """
    (tmp_path / "subpoena.md").write_text("we keep nothing")
    monkeypatch.setattr(claims, "SUBPOENA", tmp_path / "subpoena.md")

    assert [fault for fault in claims.faults(PROMISES) if "subpoena.md" in fault]


def test_a_failed_test_fails_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A promise whose test failed when all were run last is refused by the check, too; without such a run `proven` says so.
    """
    monkeypatch.setattr(claims, "RESULTS", tmp_path / "tests.json")
    assert claims.failed_last(PROMISES) == []
    with pytest.raises(DataError, match="make test"):
        claims.read_results()
    node = PROMISES.all[0].proof[0]
    claims.RESULTS.write_text(json.dumps({node: "failed"}))

    assert claims.failed_last(PROMISES) == [f"{PROMISES.all[0].id}: {node} has failed"]


@pytest.mark.parametrize(
    ("outcome", "said"), [("failed", "has failed"), ("skipped", "none of its tests has passed"), ("passed", "")]
)
def test_a_run_must_have_passed(outcome: str, said: str) -> None:
    """
    After a run of all tests a promise with a failed test, or without one that ran and passed, is refused.
    """
    promise = PROMISES.all[0]
    results = {f"{node}[case]": outcome for node in promise.proof}

    found = claims.not_passed(replace(PROMISES, all=(promise,)), results)

    assert any(said in fault for fault in found) if said else found == []
