"""
Self-checks: official scoring at every boundary, honest words, and nothing that a licence forbids.
"""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue.coping import exercises
from bot.catalogue.guarantees import read_sources
from bot.catalogue.loading import DATA, Faults, read
from bot.catalogue.safety_plan import safety_plan
from bot.catalogue.self_checks import SelfCheck, read_self_checks, self_check, self_checks
from bot.errors import DataError
from tests.catalogue.builders import change, copied

SOURCES = set(read_sources(read(DATA / "sources.yml", Faults())))
PHQ4, PTSD, AUDIT = (self_check(name) for name in ("phq4", "pc_ptsd_5", "audit_c"))


def answered(*points: int) -> dict[int, int]:
    """Answers to the items from the first on."""
    return dict(enumerate(points, start=1))


@pytest.mark.parametrize(
    ("points", "score", "first"),
    [
        ((0, 0, 0, 0), 0, 0), ((1, 1, 0, 0), 2, 0),
        ((1, 1, 1, 0), 3, 3), ((2, 2, 1, 0), 5, 3),
        ((2, 2, 2, 0), 6, 6), ((2, 2, 2, 2), 8, 6),
        ((3, 2, 2, 2), 9, 9), ((3, 3, 3, 3), 12, 9),
    ],
)  # fmt: skip
def test_phq4_bands(points: tuple[int, ...], score: int, first: int) -> None:
    """
    PHQ-4: 0-2, 3-5, 6-8, 9-12 of 12.
    """
    assert PHQ4.score(answered(*points)) == score
    assert PHQ4.band(score).first == first


@pytest.mark.parametrize(
    ("points", "reached"),
    [((0, 2, 0, 2), []), ((0, 3, 0, 0), [0]), ((2, 1, 0, 2), [0]), ((0, 2, 1, 2), [1]), ((3, 0, 0, 3), [0, 1])],
)
def test_phq4_halves(points: tuple[int, ...], reached: list[int]) -> None:
    """
    PHQ-4: items 1 and 2, and items 3 and 4, count on their own from 3 on.
    """
    assert PHQ4.parts_reached(answered(*points)) == tuple(PHQ4.parts[at] for at in reached)


@pytest.mark.parametrize(
    ("points", "score", "first"),
    [
        ((0,), 0, 0), ((1, 0, 0, 0, 0, 0), 0, 0), ((1, 1, 0, 0, 0, 0), 1, 1), ((1, 1, 1, 0, 0, 0), 2, 1),
        ((1, 1, 1, 1, 0, 0), 3, 3), ((1, 1, 1, 1, 1, 0), 4, 4), ((1, 1, 1, 1, 1, 1), 5, 4),
    ],
)  # fmt: skip
def test_pc_ptsd_5_bands(points: tuple[int, ...], score: int, first: int) -> None:
    """
    PC-PTSD-5: the yes answers after the gate, 0 to 5; 3 is the most sensitive cut, 4 the balanced one.
    """
    assert PTSD.score(answered(*points)) == score
    assert PTSD.band(score).first == first


@pytest.mark.parametrize(
    ("points", "score", "first"),
    [
        ((0,), 0, 0), ((1, 0, 0), 1, 0), ((2, 0, 0), 2, 0), ((2, 1, 0), 3, 3), ((4, 0, 0), 4, 4),
        ((2, 1, 1), 4, 4), ((4, 4, 3), 11, 4), ((4, 4, 4), 12, 4),
    ],
)  # fmt: skip
def test_audit_c_bands(points: tuple[int, ...], score: int, first: int) -> None:
    """
    AUDIT-C: 0 to 12; 3 for women, 4 for men.
    """
    assert AUDIT.score(answered(*points)) == score
    assert AUDIT.band(score).first == first


def test_what_stands_behind_the_end_does_not_count() -> None:
    """
    Whoever goes back and answers "never" has a score of 0, whatever was answered after it.
    """
    assert AUDIT.score({1: 0, 2: 4, 3: 4}) == 0
    assert PTSD.score({1: 0, 2: 1, 3: 1}) == 0
    assert AUDIT.next_item({1: 0}) is None


@pytest.mark.parametrize("check", self_checks().values(), ids=self_checks())
def test_every_way_through_ends_in_a_band(check: SelfCheck) -> None:
    """
    Whatever is answered, the check ends, its score is between 0 and the highest, and one band says what it means.
    """
    for points in product(*(range(len(item.answers)) for item in check.items)):
        score = check.score(answered(*points))

        assert 0 <= score <= check.highest
        assert check.next_item(answered(*points)) is None
        assert check.band(score).says and check.band(score).do


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 6), st.integers(0, 1), max_size=6))
def test_more_yes_is_never_less(answers: dict[int, int]) -> None:
    """
    One more yes never lowers the score.
    """
    before = PTSD.score({1: 1} | answers)
    for place in range(1, 7):
        assert PTSD.score({1: 1} | answers | {place: 1}) >= (before if place != 1 or answers.get(1, 1) else 0)


@pytest.mark.parametrize("check", self_checks().values(), ids=self_checks())
def test_a_result_is_no_diagnosis(check: SelfCheck) -> None:
    """
    No band tells an officer that they have something; every one from the first cut on says what to do next.
    """
    for band in check.bands:
        assert not re.search(
            r"\byou (?:have|are|suffer|do have)\b(?! at| it\b)|\bdisorder\b|\bdepressed\b|\balcoholic\b", band.says
        )
        assert band.do


@pytest.mark.parametrize("check", self_checks().values(), ids=self_checks())
def test_terms_and_sources(check: SelfCheck) -> None:
    """
    Each check says whose it is, on what terms its words stand here, and where both were read.
    """
    assert check.credit and check.terms
    assert set(check.sources) <= SOURCES


def test_nobody_has_signed_yet() -> None:
    """
    No check, exercise or plan claims a review that did not take place.
    """
    assert {check.reviewed_by for check in self_checks().values()} == {""}
    assert {found.reviewed_by for found in exercises().values()} == {""}
    assert safety_plan().reviewed_by == ""


def test_no_licensed_words() -> None:
    """
    The C-SSRS is not here, in name or words.
    """
    said = " ".join(item.text for check in self_checks().values() for item in check.items).lower()

    assert "wished" not in said and "c-ssrs" not in said and "columbia" not in said


def test_exercises_and_the_plan_have_sources() -> None:
    """
    What speaks for an exercise or for the plan was read somewhere.
    """
    for found in (*exercises().values(), safety_plan()):
        assert found.evidence and set(found.sources) <= SOURCES


def test_a_gap_between_bands_is_found(tmp_path: Path) -> None:
    """
    A score that no band covers is a fault of the file, named with its line.
    """
    folder = copied(tmp_path)
    change(folder / "self_checks.yml", "to: 2", "to: 1")
    faults = Faults()

    read_self_checks(read(folder / "self_checks.yml", faults))

    assert any("bands" in fault.field for fault in faults)


def test_what_is_not_there_is_an_error() -> None:
    """
    A check that does not exist is an error that names the file.
    """
    with pytest.raises(DataError, match=r"self_checks\.yml"):
        self_check("phq9")
