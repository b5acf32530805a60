"""
A journey has one name everywhere: utterances, wording, rules, conversations.
"""

from __future__ import annotations

import pytest

from tests.conversations.data import CONVERSATIONS, JOURNEYS, NLU, RESPONSES, STORIES


@pytest.mark.parametrize("journey", JOURNEYS)
def test_journey_is_in_all_four_folders(journey: str) -> None:
    """
    Each journey has its file in nlu_data, responses, stories and tests/conversations (Rasa wants the prefix test_ there).
    """
    assert (NLU / f"{journey}.yml").is_file()
    assert (RESPONSES / f"{journey}.yml").is_file()
    assert (STORIES / f"{journey}.yml").is_file()
    assert (CONVERSATIONS / f"test_{journey}.yml").is_file()


def test_there_is_no_file_without_a_journey() -> None:
    """
    No file of utterances, wording or rules belongs to a journey that is not on the list.
    """
    found = {path.stem for folder in (NLU, RESPONSES, STORIES) for path in folder.glob("*.yml")}
    found |= {path.stem.removeprefix("test_") for path in CONVERSATIONS.glob("*.yml")}

    assert found == set(JOURNEYS)
