"""Each process, seized with all its keys and every file, gives away what docs/threat-model.md says and nothing else."""

from __future__ import annotations

import pytest

from tests.guarantees import attacker


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bool]]:
    return attacker.matrix(tmp_path_factory.mktemp("loot"))


def test_the_document_says_what_opens(found: dict[str, dict[str, bool]]) -> None:
    """The table in the threat model is the one that the attack gives; `python -m tests.guarantees.attacker --write` renews it."""
    written = attacker.DOCUMENT.read_text(encoding="utf-8").split(attacker.BEGIN)[1].split(attacker.END)[0]

    assert written == attacker.table(found)


def test_the_assistant_cannot_undo_a_pseudonym(found: dict[str, dict[str, bool]]) -> None:
    """Whoever seizes the assistant reads conversations under made-up codes and can neither name nor test anybody."""
    opened = {thing for thing, got in found.items() if got["assistant"]}

    assert any(thing.startswith("what each conversation was about") for thing in opened)
    assert not any(word in thing for thing in opened for word in ("behind a code", "already suspected", "live chat"))


def test_the_desk_cannot_read_a_conversation(found: dict[str, dict[str, bool]]) -> None:
    """Whoever seizes the desk gets the lines of a live chat that are under way, and no conversation with the assistant."""
    opened = {thing for thing, got in found.items() if got["desk"]}

    assert not any(thing.startswith(("what each conversation", "who is behind", "whether a code")) for thing in opened)


def test_a_disk_without_keys_gives_no_words(found: dict[str, dict[str, bool]]) -> None:
    """A stolen disk or backup without the keys gives made-up codes and names, and not one thing that somebody said."""
    opened = {thing for thing, got in found.items() if got["disk without keys"]}

    assert {thing.split(",")[0].split(":")[0] for thing in opened} == {
        "made-up codes of who has a conversation",
        "the queue",
        "receipts of referrals",
        "names of the people on duty",
    }


def test_forgotten_keys_close_old_copies(found: dict[str, dict[str, bool]]) -> None:
    """A copy that was taken before, with today's keys beside it, gives no more than one without keys."""
    assert all(got["old copy, keys forgotten"] == got["disk without keys"] for got in found.values())


def test_nobody_joins_a_case_to_a_conversation(found: dict[str, dict[str, bool]]) -> None:
    """Not even all keys together tell which conversation a case belongs to, nor open what was sealed to a provider."""
    assert not found["which conversation a case belongs to"]["all keys"]
    assert not found["contact details sealed to a provider"]["all keys"]
