"""
Everything an officer can read is short, plain and adult, and every button leads somewhere.
"""

from __future__ import annotations

import re
from statistics import median

import pytest

from bot.reading_level import grade
from tests.conversations.data import ROOT, read, responses, steps

LONGEST = 900
EDGE_CHOICES = {
    "check_in_yes", "check_in_unsure", "person", "person_yes", "person_no", "person_leave", "forget", "held",
    "person_words", "person_note", "person_plain", "referral", "referral_to", "referral_go", "referral_send", "referral_change",
    "referral_stop", "referral_receipt", "referral_said", "referral_withdraw",
    "read", "exercise", "exercise_step", "self_check", "self_check_answer", "safety_plan",
}  # fmt: skip
STATE = {"title", "payload"}
# What this software is not may be said; what it must not claim, and what officers stop reading at.
BANNED = (
    r"\bI am (?:a|your) (?:counsel|therap|psycho)", r"\bAI\b", r"\bjourney\b", r"\bhero", r"\bthin blue line\b", r"\bwarrior",
    r"\breach out\b", r"\bsafe space\b", r"\bmental health journey\b", r"\byou are not alone\b", r"\bit gets better\b",
    r"\bself-care\b", r"\bstay strong\b", r"\bplease know\b", r"\bhang in there\b", r"\bcommit(?:ted|s)? suicide\b",
    r"\bI understand how you feel\b", r"\b100 percent (?:private|confidential|safe)\b", r"\bI promise\b", r"\bguarantee",
)  # fmt: skip
ALL = [(file, name, variation) for file, name, variation in responses()]
IDS = [f"{name}:{variation.get('channel', '')}" for _, name, variation in ALL]


@pytest.mark.parametrize(("file", "name", "variation"), ALL, ids=IDS)
def test_text_is_short_and_plain(file: str, name: str, variation: dict[str, object]) -> None:
    """
    At most 900 characters, no exclamation mark, no emoji, nothing that a reviewer has banned.
    """
    text = str(variation["text"])

    assert len(text) <= LONGEST or file in ("handoff.yml", "crisis.yml")
    assert "!" not in text
    assert all(ord(sign) < 0x2600 for sign in text)
    assert [pattern for pattern in BANNED if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize(("file", "name", "variation"), ALL, ids=IDS)
def test_text_can_be_read_in_eighth_grade(file: str, name: str, variation: dict[str, object]) -> None:
    """
    Nobody needs more than eight years of school to read a reply.
    """
    assert grade(str(variation["text"])) <= 8


def test_half_of_it_is_easier() -> None:
    """
    The median reading grade is at most 6.
    """
    assert median(grade(str(variation["text"])) for _, _, variation in ALL) <= 6


@pytest.mark.parametrize(("file", "name", "variation"), ALL, ids=IDS)
def test_every_button_leads_somewhere(file: str, name: str, variation: dict[str, object]) -> None:
    """
    A button's payload is an intent of the domain or a choice of the edge, and its title fits a phone.
    """
    known = set(read(ROOT / "domain.yml")["intents"]) | EDGE_CHOICES
    for button in variation.get("buttons", ()):  # type: ignore[attr-defined]
        match = re.fullmatch(r"/([a-z_]+)(?::[a-z0-9_]+)?", button["payload"])

        assert match is not None and match[1] in known, button
        assert len(button["title"]) <= 44
        assert set(button) == STATE


def test_first_contact_fits_a_phone() -> None:
    """
    The first words are at most 120, in every channel, and say what must be said before anything is told.
    """
    said = [str(variation["text"]) for _, name, variation in ALL if name == "utter_first_contact"]

    assert len(said) == 4
    for text in said:
        assert len(text.split()) <= 120
        for must in (
            "software",
            "cannot send help",
            "988",
            "911",
            "60 minutes",
            "24 hours",
            "court",
            "delete everything",
        ):
            assert must in text


def test_serious_answers_name_the_lines() -> None:
    """
    Whatever is said at moderate or above names 988 or CopLine.
    """
    for _, name, variation in ALL:
        if name.endswith("_heavy") or name in ("utter_strain_high", "utter_still_here", "utter_assistant_away"):
            assert "988" in str(variation["text"]) or "1-800-267-5463" in str(variation["text"]), name


def test_every_action_named_in_a_rule_is_there() -> None:
    """
    A rule names a response with a text or an action of the domain.
    """
    known = {name for _, name, _ in ALL} | set(read(ROOT / "domain.yml")["actions"])

    assert {step["action"] for _, step in steps() if "action" in step} <= known
