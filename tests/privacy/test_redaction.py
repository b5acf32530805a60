"""Whatever could name an officer goes; whatever triage or the assistant needs stays."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.privacy.message import Span, Text
from bot.privacy.recognisers import load
from bot.privacy.redaction import Redactor
from bot.privacy.words import WordBook

ROOT = Path(__file__).resolve().parents[2]
SLOW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

CRISIS_LINES = [
    "988", "call 988.", "988 press 1", "911", "text HOME to 741741", "text 838255", "1-800-273-8255", "1 800 273 8255",
    "(800) 273-8255", "18002738255", "+1 800-273-8255", "1-800-267-5463", "800.267.5463", "1-800-COPLINE", "1-866-COP-2COP",
    "206-459-3020", "1-866-267-2267", "1-800-985-5990", "1-800-662-4357", "1-800-799-7233", "988lifeline.org/chat",
    "nine eight eight", "nine-one-one", "call 988 or 911 now",
]  # fmt: skip
NEEDED = [
    "honestly some nights I sit there with my gun in my lap", "I have my Glock and the pills right here tonight",
    "GUN IN MY MOUTH", "EAP FOP IA CISM PTSD EMDR FFDE OIS HIPAA POST", "sergeant, lieutenant, captain, chief, sheriff, union",
    "10-7 for good", "they want to 5150 me", "I am 34 and two weeks sober", "Is it privileged in Texas or New York?",
    "in March, on Monday, since 2019", "I will kill myself", "i want to eat my gun", "Baker Act", "I'm going to end it on Friday",
    "Ahhhhhhhh I can not", "sodium nitrite", "my wife took my guns", "I would rather be dead than go to Internal Affairs", "sgt will decide if i may go",
]  # fmt: skip


@pytest.mark.parametrize("text", CRISIS_LINES + NEEDED)
def test_what_saves_a_life_stays(redactor: Redactor, text: str) -> None:
    """
    Crisis numbers in any writing, words of distress and intent, law, months and states are never touched.
    """
    assert redactor.redact(text) == text


AGENCIES = {"lapd", "nypd"}  # in the training on purpose, and taken out on purpose


# of a plan, of a case at law, of people in examples: alone they can name somebody, and triage reads the raw text
NAMES = {"stanley", "redmond", "alexa", "jess", "joe", "jones", "pete", "sarah", "smith"}


def utterances() -> list[str]:
    """What the assistant is trained with, where it is there already, without Rasa's marks."""
    found = []
    for path in sorted((ROOT / "nlu_data").glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for item in content.get("nlu", ()):
            for line in str(item.get("examples", "")).splitlines():
                found.append(re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line.removeprefix("- ").strip()))
    return [text for text in found if text]


def vocabulary() -> list[str]:
    """Words that triage's lexicon was written with, and those of the assistant's training that are nobody's name."""
    lexicon = (ROOT / "bot" / "triage" / "lexicon.yml").read_text(encoding="utf-8").lower()
    words = set(re.findall(r"(?<![\\\w])[a-z]{3,}(?!\w)", lexicon))
    trained = {word for line in utterances() for word in re.findall(r"[a-z]{3,}", line.lower())}
    book = WordBook.load()
    return sorted((words | {word for word in trained if not book.is_name(word)}) - AGENCIES - NAMES)


def test_every_word_of_triage_and_training_survives(redactor: Redactor) -> None:
    """
    No word that the lexicon or an intent was written with is swallowed inside an ordinary sentence.

    One that is goes into lists/keep.yml, unless it can name somebody.
    """
    swallowed = [word for word in vocabulary() if word not in redactor.redact(f"it is about {word} and me")]

    assert swallowed == []


def test_training_stays_as_it_is(redactor: Redactor) -> None:
    """
    At most one in a hundred of the messages the assistant was trained with loses a word.
    """
    lines = utterances()

    touched = [line for line in lines if redactor.redact(line) != line]

    assert len(touched) <= len(lines) / 100, "\n".join(touched)


def test_every_number_the_bot_gives_survives(redactor: Redactor) -> None:
    """
    A number that the bot itself tells an officer is not taken out when the officer repeats it.
    """
    number = re.compile(r"1[ -]?\(?8\d\d\)?[ -]\d{3}-\d{4}|\b8\d\d-\d{3}-\d{4}|\b(?:988|741741|838255)\b")
    files = [*(ROOT / "nlu_data" / "responses").glob("*.yml"), *(ROOT / "bot" / "catalogue" / "data").glob("*.yml")]
    numbers = {found for path in files for found in number.findall(path.read_text(encoding="utf-8"))}

    assert [one for one in sorted(numbers) if redactor.redact(f"is {one} open") != f"is {one} open"] == []


def test_says_what_was_there(redactor: Redactor) -> None:
    """
    The label tells the assistant what kind of thing was said, and the cue before it stays.
    """
    text = "I'm Ofc. Renata Vlk, badge 4412, unit 4-adam-12, Maplewood PD, 555-0134, r.vlk@station.example"

    assert redactor.redact(text) == "I'm Ofc. [name], badge [badge number], unit [unit], [agency], [phone], [email]"


def test_a_name_drawn_out_is_a_name(redactor: Redactor) -> None:
    """
    A cry stays where it is; a name with a letter many times over does not.
    """
    assert redactor.redact("Noooooo I can not") == "Noooooo I can not"
    assert "aaaa" not in redactor.redact("my partner Kaaaaaren is gone").lower()


def test_invisible_characters_hide_nothing(redactor: Redactor) -> None:
    """
    Digits that are wide, or split by characters nobody sees, are digits all the same.
    """
    assert redactor.redact("badge 44\u200b12") == "badge [badge number]"
    assert redactor.redact("badge \uff14\uff14\uff11\uff12") == "badge [badge number]"


@SLOW
@given(text=st.text(max_size=300))
def test_never_raises(redactor: Redactor, text: str) -> None:
    """
    Any text at all comes back redacted.
    """
    assert isinstance(redactor.redact(text), str)


PIECES = ["my wife", "Dana", "sgt", "badge", "4412", "[name]", "unit", "at", "Maplewood PD", "12 Elm St", "call", "555-0134", "and",
          "988", "officer", "Will", "on", "3/14/2020", ",", ".", "Kowalski", "one", "two", "adam", "in", "Reno", "McBane's", "\n"]  # fmt: skip


@SLOW
@given(text=st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(string.printable, max_size=80))
def test_redacting_twice_changes_nothing(redactor: Redactor, text: str) -> None:
    """
    What was redacted once is left alone the next time.
    """
    once = redactor.redact(text)

    assert redactor.redact(once) == once


digits = st.integers(2, 9).map(str)
phones = st.tuples(
    st.sampled_from(["({}) 555-{}", "{}-555-{}", "{}.555.{}", "{} 555 {}", "+1 {} 555 {}", "{}555{}"]),
    st.integers(201, 799),
    st.integers(100, 199),
).map(lambda parts: (parts[0].format(parts[1], f"0{parts[2]}"), f"0{parts[2]}"))
badges = st.tuples(
    st.sampled_from(["badge {}", "badge number {}", "my badge is {}", "star #{}", "shield no. {}", "employee id {}"]),
    st.integers(1000, 99999),
).map(lambda parts: (parts[0].format(parts[1]), str(parts[1])))
emails = st.tuples(
    st.sampled_from(["{}@post.example", "{} at post dot example", "{}(at)post.example", "{}@mail.post.example"]),
    st.text(string.ascii_lowercase, min_size=5, max_size=9),
).map(lambda parts: (parts[0].format("q" + parts[1] + "7"), "q" + parts[1] + "7"))
names = st.tuples(
    st.sampled_from(["sgt {}", "my name is {}", "Officer {}", "dr. {}", "my partner {}", "a guy named {}"]),
    st.text("bcdfgklmnprstvz", min_size=6, max_size=10),
).map(lambda parts: (parts[0].format("Xa" + parts[1]), "Xa" + parts[1]))


@SLOW
@given(
    made=phones | badges | emails | names,
    before=st.sampled_from(["", "i am done, ", "Please help. ", "so tired "]),
    after=st.sampled_from(["", " thanks", ". I can't sleep", "\nok"]),
)
def test_made_up_identifiers_do_not_survive(redactor: Redactor, made: tuple[str, str], before: str, after: str) -> None:
    """
    Phones, badges, e-mails and names in the formats people use are gone, whatever stands around them.
    """
    text, secret = made

    redacted = redactor.redact(before + text + after)

    assert secret not in redacted and redacted.startswith(before) and redacted.endswith(after)


class Broken:
    def find(self, text: Text) -> Iterable[Span]:
        raise RuntimeError("model lost")

    def forget_words(self) -> None: ...


def test_without_the_model_raw_text_still_does_not_pass() -> None:
    """
    When the language model breaks in the middle of the work, the patterns go on alone and names still go.
    """
    redactor = Redactor(load(), WordBook.load(), Broken())

    assert redactor.redact("Wierzba and sgt kowalski, badge 4412, in Scranton") == (
        "[name] and sgt [name], badge [badge number], in [place]"
    )


def test_without_a_dictionary_every_capital_goes() -> None:
    """
    When not even the ordinary words are known, words with a capital go, and those that must stay do stay.
    """
    book = WordBook.load()
    bare = WordBook(book.names, book.names_and_words, book.towns, book.lists, (frozenset(),) * 4)

    assert Redactor(load(), bare).redact("I told Harbinger, call 988") == "I told [name], call 988"


def test_words_are_not_remembered(redactor: Redactor) -> None:
    """
    What officers wrote does not stay in the language model's vocabulary.
    """
    model = redactor._entities._model  # type: ignore[union-attr]
    model.entities("I met Quobrixa in the yard")
    known = model.knows("Quobrixa")

    redactor.forget_words()

    assert known and not model.knows("Quobrixa")


def test_a_very_long_message_is_bounded(redactor: Redactor) -> None:
    """
    Ten thousand characters, names at the seams included, are redacted whole.
    """
    text = ("I told Wierzbicka everything and she listened for a while. " * 200)[:10_000]

    assert "Wierzb" not in redactor.redact(text)
