"""
The safety net under attack: odd, huge and hostile text, and files that are broken.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import DataError
from bot.triage.levels import Level, ReplyKind
from bot.triage.lexicon import FOLDER, LONGEST, PIECE, Triage
from bot.triage.patterns import Text

TRIAGE = Triage.load()

# Steps for one piece of a message, whatever stands in it: each pattern is tried a bounded number of times at each place.
MOST_STEPS = 2_000_000

WORDS = st.sampled_from(
    [
        "i",
        "want",
        "to",
        "die",
        "not",
        "never",
        "my",
        "gun",
        "is",
        "in",
        "he",
        "kill",
        "myself",
        "end",
        "it",
        "all",
        "tonight",
        "no",
        "way",
        "out",
        "the",
        ".",
        ",",
        "!",
        "?",
        "\n",
        '"',
        "'",
    ]
)


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_verdict(text: str) -> None:
    """
    Whatever is written, judging it does not fail.
    """
    assert TRIAGE.judge(text).rules != ("failed",)


@given(st.lists(WORDS, max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_mix_of_dangerous_words_gets_a_verdict(words: list[str]) -> None:
    """
    The words of the lexicon in any order do not make judging fail.
    """
    assert TRIAGE.judge(" ".join(words)).rules != ("failed",)


@pytest.mark.parametrize(
    "unit",
    ["i want to ", "not ", "my gun in my ", "a", "!", "kill", "i i i i ", "(", "'", "k i l l ", "1mg", "\n\n", "é"],
)
def test_steps_stay_bounded(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No text of one piece can drive the number of steps up.
    """
    seen: list[Text] = []
    beginning = Text.__init__

    def noted(self: Text, *args: object) -> None:
        beginning(self, *args)  # type: ignore[arg-type]
        seen.append(self)

    monkeypatch.setattr(Text, "__init__", noted)

    TRIAGE.judge((unit * PIECE)[:PIECE])

    assert 0 < len(seen) == 1
    assert seen[0].steps < MOST_STEPS


def test_the_end_of_a_huge_message_counts() -> None:
    """
    Of a message beyond every bound, beginning and end are judged.
    """
    filler = "we talked about the schedule again. " * (LONGEST // 30)

    assert TRIAGE.judge(filler + "I want to kill myself").reply_kind is ReplyKind.CRISIS
    assert TRIAGE.judge("I want to kill myself. " + filler).reply_kind is ReplyKind.CRISIS


def test_what_cannot_be_judged_is_asked_about() -> None:
    """
    A fault inside triage counts as a reason to ask, never as nothing.
    """
    verdict = TRIAGE.judge(None)  # type: ignore[arg-type]

    assert (verdict.level, verdict.reply_kind) == (Level.HIGH, ReplyKind.CHECK_IN)


def broken(tmp_path: Path, name: str, old: str, new: str) -> Path:
    for file in ("lexicon.yml", "spelling.yml"):
        shutil.copy(FOLDER / file, tmp_path / file)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("  self.method:", "  self.method: {means: high, patterns: 'way (out'}\n  more:", "rule self.method"),
        ("  self.method:", "  self.method: {means: grim, patterns: out}\n  more:", "rule self.method"),
        ("  self.method:", "  self.method: {means: high, patterns: '{nowhere} out'}\n  more:", "rule self.method"),
        ("  self.method:", "  self.method: {means: high}\n  more:", "rule self.method"),
        ("  self.method:", "  self.method: {means: high, subject: dog, patterns: out}\n  more:", "rule self.method"),
        ("  self.method:", "  self.method: [\n  more:", "line"),
        ("first_person:", "nobody:", "lexicon.yml"),
        ("not_negations: |", "not_negations: |\n  a ~ b", "not_negations"),
    ],
)
def test_a_broken_lexicon_names_the_fault(tmp_path: Path, old: str, new: str, named: str) -> None:
    """
    A fault in the file stops the start and says which file and which rule.
    """
    folder = broken(tmp_path, "lexicon.yml", old, new)

    with pytest.raises(DataError, match=named) as caught:
        Triage.load(folder)

    assert "lexicon.yml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """
    Without its file triage does not start, and says which one is missing.
    """
    folder = broken(tmp_path, "spelling.yml", "near:", "near:")
    (folder / "spelling.yml").unlink()

    with pytest.raises(DataError, match=r"spelling\.yml"):
        Triage.load(folder)
