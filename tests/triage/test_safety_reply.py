"""The texts of a crisis and of the check-in: the right one, numbers first, and always one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.levels import Level, ReplyKind, Subject, Verdict
from bot.triage.safety_reply import LAST_RESORT, SafetyReplies
from bot.wording import RESPONSES, Reply, Wording

WORDING = Wording.load()
REPLIES = SafetyReplies(WORDING)
CRISIS, CHECK_IN = ReplyKind.CRISIS, ReplyKind.CHECK_IN

CRISIS_TEXTS = ("utter_crisis", "utter_crisis_now", "utter_crisis_other", "utter_crisis_harm", "utter_crisis_again")
CHECK_IN_TEXTS = ("utter_check_in", "utter_check_in_other", "utter_check_in_harm")
MENU_TEXTS = ("utter_weapon_distance", "utter_crisis_privacy")
ALL_TEXTS = (*CRISIS_TEXTS, *CHECK_IN_TEXTS, *MENU_TEXTS, "utter_check_in_no")

# Pity, slogans, bargaining, and what software must not say of itself.
BANNED = re.compile(
    r"!|\bsorry\b|poor|brave|hero|warrior|strong|not alone|it gets better|permanent solution|selfish|reach out|journey"
    r"|broken|think of your (family|kids|wife)|promise me|you matter|commit(ted)? suicide|therap|counsel|i care"
    r"|i understand|i feel|i will (help|keep|save)|safe space|thoughts and prayers|everything happens|\bjust\b|please",
    re.IGNORECASE,
)


def said(verdict: Verdict, **how: Any) -> Reply:
    (reply,) = REPLIES.replies(verdict, "web", **how)
    return reply


def crisis(subject: Subject = Subject.SELF, *rules: str) -> Verdict:
    return Verdict(Level.HIGH, CRISIS, subject, rules)


def text_of(name: str) -> str:
    return WORDING.say(name).text


def grade(text: str) -> float:
    """The US school grade by Flesch and Kincaid (1975); numbers are left out, a line ends a sentence."""
    sentences = [re.findall(r"[a-z']+", part) for part in re.split(r"[.?\n]", text.lower())]
    sentences = [words for words in sentences if words]
    words = [word for sentence in sentences for word in sentence]
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^l])e$|es$|ed$", "", word)))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


# -- which text


@pytest.mark.parametrize(
    "verdict, repeated, name",
    [
        (crisis(), False, "utter_crisis"),
        (crisis(), True, "utter_crisis_again"),
        (crisis(Subject.OTHER), False, "utter_crisis_other"),
        (crisis(Subject.OTHER), True, "utter_crisis_other"),
        (crisis(Subject.HARM), False, "utter_crisis_harm"),
        (crisis(Subject.HARM, "harm.now"), True, "utter_crisis_harm"),
        (crisis(Subject.SELF, "self.plan", "now.pills"), False, "utter_crisis_now"),
        (crisis(Subject.SELF, "now.pills"), True, "utter_crisis_now"),
        (crisis(Subject.OTHER, "now.pills"), False, "utter_crisis_now"),
        (crisis(Subject.HARM, "now.pills"), False, "utter_crisis_harm"),
        (crisis(Subject.SELF, "now.means"), False, "utter_crisis"),
        (crisis(Subject.SELF, "now.edge"), False, "utter_crisis"),
        (crisis(Subject.SELF, "now.acts"), False, "utter_crisis_now"),
        (Verdict(Level.HIGH, CHECK_IN), False, "utter_check_in"),
        (Verdict(Level.HIGH, CHECK_IN), True, "utter_check_in"),
        (Verdict(Level.HIGH, CHECK_IN, Subject.OTHER), False, "utter_check_in_other"),
        (Verdict(Level.HIGH, CHECK_IN, Subject.HARM), False, "utter_check_in_harm"),
    ],
)
def test_picks_the_text(verdict: Verdict, repeated: bool, name: str) -> None:
    """Kind, subject, an act under way and repetition decide the text."""
    assert said(verdict, repeated=repeated) == WORDING.say(name, channel="web")


# -- always one


@pytest.mark.parametrize(
    "responses",
    [
        {},
        {"utter_crisis": [{"text": "Hello."}]},
        {"utter_crisis": [{"text": "Call 988, {name}."}]},
        {"utter_crisis": []},
        {"utter_crisis": [{}]},
        {"utter_crisis": [{"text": "988", "buttons": [{"title": "Go"}]}]},
        {"utter_crisis": [{"text": "988", "buttons": 7}]},
        {"utter_crisis": [{"text": "988", "buttons": [{"title": "Go", "payload": 7}]}]},
        {"utter_crisis": None},
    ],
)
def test_last_resort(responses: dict[str, Any]) -> None:
    """With the wording gone, emptied, or without the number, there are still numbers."""
    assert SafetyReplies(Wording(responses)).replies(crisis(), "web") == (LAST_RESORT,)


def test_missing_text_falls_back_to_the_general_one() -> None:
    """A special text that is missing is replaced by the general crisis text."""
    replies = SafetyReplies(Wording({"utter_crisis": [{"text": "Call 988."}]}))

    assert replies.replies(crisis(Subject.HARM), "web")[0].text == "Call 988."


def test_last_resort_holds_the_numbers() -> None:
    """The last resort names a line to call, one to text, and 911."""
    assert all(number in LAST_RESORT.text for number in ("988", "741741", "911"))


@given(
    st.sampled_from(list(ReplyKind)),
    st.sampled_from(list(Subject)),
    st.lists(st.text(max_size=20), max_size=3),
    st.text(max_size=10),
    st.booleans(),
)
def test_never_raises(kind: ReplyKind, subject: Subject, rules: list[str], channel: str, repeated: bool) -> None:
    """Whatever the verdict and the channel, there is a reply with a number in it."""
    (reply,) = REPLIES.replies(Verdict(Level.HIGH, kind, subject, tuple(rules)), channel, repeated=repeated)

    assert "988" in reply.text


# -- the texts


@pytest.mark.parametrize("name", CRISIS_TEXTS)
def test_numbers_come_first(name: str) -> None:
    """The first paragraph of a crisis text holds every line there is, and begins with one."""
    first = text_of(name).split("\n\n")[0]

    assert all(number in first for number in ("988", "1-800-267-5463", "HOME to 741741", "911"))
    assert re.match(r"(988|911|If (it is happening now|someone is hurt or about to be): 911)", first)


@pytest.mark.parametrize("name", ["utter_crisis_now", "utter_crisis_other", "utter_crisis_harm"])
def test_911_leads_where_it_cannot_wait(name: str) -> None:
    """With an act under way or another life at stake, 911 stands in the first line."""
    assert "911" in text_of(name).splitlines()[0]


@pytest.mark.parametrize("name", CRISIS_TEXTS)
def test_says_what_it_cannot_do(name: str) -> None:
    """A crisis text says that this is software and cannot send help."""
    assert "software" in text_of(name)
    assert "cannot send help" in text_of(name)


@pytest.mark.parametrize("name", CRISIS_TEXTS)
def test_crisis_text_is_short(name: str) -> None:
    """A crisis text has at most 110 words; the one for a second time at most 70."""
    assert len(text_of(name).split()) <= (70 if name == "utter_crisis_again" else 110)


@pytest.mark.parametrize("name", ALL_TEXTS)
def test_plain_language(name: str) -> None:
    """Every text reads at grade 8 or below, without pity, slogans, bargaining or exclamation marks."""
    assert grade(text_of(name)) <= 8
    assert BANNED.findall(text_of(name)) == []


@pytest.mark.parametrize("name", CHECK_IN_TEXTS)
def test_check_in_asks_and_names_988(name: str) -> None:
    """A check-in is one direct question, with 988 in the same text, short."""
    text = text_of(name)

    assert text.count("?") == 1
    assert re.search(r"kill|hurt", text)
    assert "988" in text
    assert len(text.split()) <= 50


def test_the_question_in_plain_words() -> None:
    """The question about oneself is put as it is."""
    assert "Are you thinking about killing yourself?" in text_of("utter_check_in")


@pytest.mark.parametrize("name", CHECK_IN_TEXTS)
def test_check_in_buttons(name: str) -> None:
    """A check-in has its three answers as buttons."""
    payloads = [button.payload for button in WORDING.say(name).buttons]

    assert payloads == ["/check_in_yes", "/check_in_no", "/check_in_unsure"]


def test_no_leaves_the_door_open() -> None:
    """After a no the line is named once more, and what comes next is asked."""
    assert "988" in text_of("utter_check_in_no")
    assert "?" in text_of("utter_check_in_no")


@pytest.mark.parametrize("name", ["utter_crisis", "utter_crisis_harm", "utter_crisis_again"])
def test_crisis_menu(name: str) -> None:
    """Under the numbers: a person here, distance from the gun, two minutes, what the lines do with it, and more ways."""
    payloads = [button.payload for button in WORDING.say(name).buttons]

    assert payloads == ["/person", "/weapon_distance", "/grounding", "/crisis_privacy", "/read:more_ways"]


@pytest.mark.parametrize("name", ALL_TEXTS)
def test_buttons_fit(name: str) -> None:
    """Button titles fit a phone, and the edge can say every text by itself: no placeholders."""
    reply = WORDING.say(name)

    assert all(len(button.title) <= 28 for button in reply.buttons)
    assert "{" not in reply.text


def test_only_numbers_on_the_list() -> None:
    """No number is said that is not on the list to dial before a release."""
    found = set(re.findall(r"1-\d{3}-\d{3}-\d{4}|\b\d{5,6}\b", " ".join(map(text_of, ALL_TEXTS))))
    head = Path(RESPONSES / "crisis.yml").read_text(encoding="utf-8").partition("responses:")[0]

    assert found and all(number in head for number in found)


def test_rasa_reads_them_too() -> None:
    """Both files are in Rasa's format, one text a response, the same for everybody."""
    for name in ("crisis.yml", "check_in.yml"):
        content = yaml.safe_load((RESPONSES / name).read_text(encoding="utf-8"))
        assert content["version"] == "3.1"
        assert all(len(variations) == 1 for variations in content["responses"].values())
