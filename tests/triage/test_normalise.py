"""
Spelling: what is undone, and what is left as it is.
"""

from __future__ import annotations

import pytest
import yaml

from bot.triage.lexicon import FOLDER, Triage
from bot.triage.normalise import Normaliser
from bot.triage.patterns import BREAK

TRIAGE = Triage.load()


def words(text: str) -> str:
    return " ".join(TRIAGE._normaliser.plain(text).words)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I'm", "i am"),
        ("Im", "i am"),
        ("I’m", "i am"),
        ("can't", "can not"),
        ("cant", "can not"),
        ("wanna", "want to"),
        ("k1ll", "kill"),
        ("su!cide", "suicide"),
        ("s-u-i-c-i-d-e", "suicide"),
        ("s u i c i d e", "suicide"),
        ("k i l l m y s e l f", "kill myself"),
        ("killmyself", "kill myself"),
        ("iwanttodie", "i want to die"),
        ("i.want.to.die", "i want to die"),
        ("kiiiill", "kill"),
        ("KILL", "kill"),
        ("sucidal", "suicidal"),
        ("sue a side", "suicide"),
        ("my self", "myself"),
        ("kms", "kill myself"),
        ("1500mg", "1500 mg"),
        ("ｋｉｌｌ", "kill"),
        ("su\u200bicide", "suicide"),
        ("ѕuicidе", "suicide"),
    ],
)
def test_tricks_and_slips_are_undone(written: str, read: str) -> None:
    """
    However a word of danger is written, it is read as that word.
    """
    assert words(written) == read


@pytest.mark.parametrize("text", ["skill", "shell", "well", "assist", "homicide", "swell guns", "hello there"])
def test_other_words_are_left_alone(text: str) -> None:
    """
    A word that only looks like one of danger stays itself.
    """
    assert words(text) == text


def test_sentences_end_where_they_end() -> None:
    """
    Full stops, exclamation marks and empty lines end a sentence; dots of hesitation do not.
    """
    assert words("done. Then home").count(BREAK) == 1
    assert words("done\n\nthen home").count(BREAK) == 1
    assert words("done... then home").count(BREAK) == 0


def test_quotes_are_remembered() -> None:
    """
    The places between quotation marks are marked.
    """
    plain = TRIAGE._normaliser.plain('he said "i want out" again')

    assert [plain.words[place] for place in range(len(plain.words)) if plain.quoted >> place & 1] == [
        "i",
        "want",
        "out",
    ]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("he said 'i want out' again", "i want out"),
        ("he said 'i'm done, don't call', again", "i am done do not call"),
        ("'i want out.' that is what he said", "i want out"),
        ("’i want out’ he said", "i want out"),
        ("'cause i want out an' i'm leavin' tonight", ""),
        ("i'm done, it's the guys' turn, don't 'em", ""),
        ("drivin' home 'til i'm out", ""),
        ("he said \"i want 'out' again\"", "i want out again"),
        ("it's 'bout time, the boys' truck's here", ""),
        ("caller: i want out. sent a unit", "i want out"),
        ("Bus stop. The inmate: I want out!\nnurse: any of that? me: no", "i want out any of that"),
        ("my partner: i want out", ""),
        ('the caller said: "i" caller: want out', "i"),
    ],
)
def test_whose_words_they_are(text: str, quoted: str) -> None:
    """
    Single quotation marks quote as double ones do, and so does a speaker's name with a colon; an apostrophe quotes nothing,
    and what somebody near says is never a line of theirs.
    """
    plain = TRIAGE._normaliser.plain(text)
    places = [place for place in range(len(plain.words)) if plain.quoted >> place & 1]

    assert " ".join(plain.words[place] for place in places if plain.words[place] != BREAK) == quoted


def test_patterns_and_messages_are_spelled_alike() -> None:
    """
    A pattern's word becomes the words that a message would hold.
    """
    normaliser = Normaliser(yaml.safe_load((FOLDER / "spelling.yml").read_text(encoding="utf-8")))

    assert normaliser.spell("don't") == ("do", "not")
    assert normaliser.spell("really") == ()
