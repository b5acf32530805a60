"""How people answer the one direct question: only a clear no is a no."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.answers import DATA, Answers, Said, yes_or_no
from bot.triage.levels import Subject

ANSWERS = Answers.load()
LISTS = yaml.safe_load(DATA.read_text(encoding="utf-8"))

YES = """
yes | Yes. | YES | yesss | yeah | Yeah. A lot. | yea kinda | ya | yep | uh huh | yes sir | affirmative | sometimes
sometimes, yeah | i guess | I guess so. | guess so | kind of | sorta | maybe | a little | a bit, yeah
i have thought about it | I've thought about it | been thinking about it for months | I think about it every night
it crosses my mind | it's crossed my mind | what do you think | you tell me | why else would i be here | no shit
more than i should | every night | most days? yes | on and off | lately | i think so | probably | honestly? yes
yeah I do | yes but dont tell anyone | i have a plan | sure am | if im honest yeah | yes and no | lol yeah
""".replace("\n", "|")

NO = """
no | No. | NO | NO!! | nooooo | no no no | nah | nah man | nope | nope. never. | naw | negative | no sir | no ma'am
No I'm not | I'm not | I am not. | not at all | absolutely not | of course not | hell no | hell no, i got two kids
god no | jesus no | no way | not even close | never | no, never have | not me | lol no | haha no, just tired
no im just tired | no, I'm fine | I'm fine, no | no i'm alright | what? no | no. why? | no, why would you ask that
no what do you mean | No, thanks for asking | nah just venting | nope, all good here | no dude im good
I'm not suicidal | No, not suicidal | i am not thinking about killing myself | no, I don't want to kill myself
no i would never do that | I would never do that to my kids | no, it was a figure of speech
no i meant quitting the job | no, nothing like that | no its just the overtime | no just want info
No I am not, I just need to know about the EAP | no but i cant sleep | no but im really tired
No, I'm looking for a marriage counselor | no i need to know if my chief sees the file
no, my wife and I fight and I want to know who I can see | no i just can't sleep | not suicidal, stop asking
No I promise I'm not
fuck no | good god no | heck no | oh no nothing like that | no thankfully | no thank god | nah bro | nope, just wiped
no, not that | not that at all? no | no not like that at all | none of that | nothing of the sort | hard no | that's a no
no never crossed my mind | it never crossed my mind | not in a million years | wait what no | what? no | no why
no, asking for a friend | no i'm asking for my partner | no can you just give me the chaplains number
no im not that bad off | no, life is good | not what i meant | no thats not what i meant | no i mean my knees
""".replace("\n", "|")

NEITHER = """
why | what do you mean | does it matter | who sees this | are you gonna tell my chief | what happens if i say yes
define thinking | not really | no not really | I'm not really | not exactly | not anymore | no, not anymore
not yet | no not yet | not tonight | not today | not right now | not actively | not that i'd tell you | no plan yet
i don't know | idk | not sure | I'm not sure | no... i mean i dont know | i don't think so | no i don't think so
probably not | i guess not | no comment | next question | none of your business | never mind | whatever | forget it
ok | fine | I'm fine | im good | just tired | i was joking | lol | ... | ? | no? | am i | who are you | hello
can you tell me about the EAP | the EAP number please | no idea | no one would care | no one | no point | no more
no longer | no way out | no way i can go on | no reason to live | no worries | no doubt
no offense but you are a bot | no hablo | n/a | noon | nobody would miss me | nothing matters
nothing would change | i'm done | I'm not okay | not good | no but | no but i think about my gun
no but sometimes i wonder | no but whats the point | no but i wish i wasnt here | no just tired of living
no im just done | no i would just disappear | no i'd never have the balls | no because i don't have the guts
no i just want it to stop | no i just sit there with it | no, I'm doing it | no im going to do it | no, my gun is
no i already decided | no i used to | no not killing, just not waking up | not suicidal but i sit with my glock
not suicidal, just don't want to be alive | I'm not going to do anything | yeah no | no yeah | no, well, maybe
No. Yes. I don't know. | i could never do that to them | no one needs to know | it'd be easier | not gonna say no
can't say no | no i could never put my kids through that | not as long as my mother is alive | no, i lied
do you have something for sleep | how do i reset my password | what time is it | what's copline | thanks | i don't want to answer that | silence | help | sorry | can you trace this | 🤷 | 12 | n0t 4 ch4nc3
""".replace("\n", "|")


def listed(table: str) -> list[str]:
    return [answer.strip() for answer in table.split("|") if answer.strip()]


@pytest.mark.parametrize("answer", listed(YES))
def test_yes(answer: str) -> None:
    """A yes is understood in the many ways in which people say it."""
    assert ANSWERS.read(answer).said is Said.YES
    assert yes_or_no(answer) is True


@pytest.mark.parametrize("answer", listed(NO))
def test_no(answer: str) -> None:
    """A plain no is believed, with what people add to it."""
    assert ANSWERS.read(answer).said is Said.NO
    assert yes_or_no(answer) is False


@pytest.mark.parametrize("answer", listed(NEITHER))
def test_neither(answer: str) -> None:
    """What dodges, delays, asks back or takes its own no away is never taken for a no."""
    assert ANSWERS.read(answer).said is not Said.NO
    assert yes_or_no(answer) is not False


@pytest.mark.parametrize(
    "answer, subject",
    [
        ("no he's fine", Subject.OTHER),
        ("she isn't", Subject.OTHER),
        ("no she would never", Subject.OTHER),
        ("no i dont think he would", Subject.OTHER),
        ("i would never hurt anyone", Subject.HARM),
        ("no im not going to hurt him", Subject.HARM),
        ("nah just pissed off", Subject.HARM),
    ],
)
def test_no_about_another(answer: str, subject: Subject) -> None:
    """Asked about somebody else, a no about them is a no."""
    assert ANSWERS.read(answer, subject).said is Said.NO


@pytest.mark.parametrize("answer", ["he isn't", "she would never", "i would never hurt anyone"])
def test_no_to_another_question(answer: str) -> None:
    """Asked about oneself, a no about somebody else is none."""
    assert ANSWERS.read(answer, Subject.SELF).said is not Said.NO


@pytest.mark.parametrize(
    "answer", ["no he deserves it", "no just teach him a lesson", "no i'll just scare her", "no just beat him up"]
)
def test_no_that_threatens(answer: str) -> None:
    """Asked about hurting someone, a no that names a victim is not a clear no."""
    assert ANSWERS.read(answer, Subject.HARM).said is not Said.NO


@pytest.mark.parametrize(
    "answer", ["no but i am", "not him, me", "me too", "its me im talking about", "No, that friend is me"]
)
def test_turns_to_oneself(answer: str) -> None:
    """Asked about somebody else, an answer that turns to the writer is noticed."""
    assert ANSWERS.read(answer, Subject.OTHER).about_me


@pytest.mark.parametrize("answer", ["yes, tonight", "yeah right now", "yes i have a plan", "yes I'm about to"])
def test_soon(answer: str) -> None:
    """A yes with a time or a plan is noticed."""
    assert ANSWERS.read(answer).soon


def test_more_than_a_no() -> None:
    """A no that also asks for something is told from a bare one, so that the rest is not lost."""
    assert not ANSWERS.read("no im just tired").more
    assert ANSWERS.read("no, who can I see for my marriage").more


@pytest.mark.parametrize("name, least", [("yeses", 80), ("noes", 60), ("evasions", 30)])
def test_lists_are_broad(name: str, least: int) -> None:
    """The lists hold enough ways of saying it, each once."""
    phrases = [phrase.strip() for phrase in LISTS[name].split(",")]

    assert len(phrases) >= least
    assert len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("name", ["noes", "evasions", "questions", "beside"])
def test_every_phrase_reads_as_itself(name: str) -> None:
    """No phrase of a list is swallowed by another list, and none but a no reads as a no."""
    wrong = [p for p in LISTS[name].split(",") if (ANSWERS.read(p).said is Said.NO) is not (name == "noes")]

    assert wrong == []


def test_every_yes_reads_as_yes() -> None:
    """Every phrase listed as a yes reads as one."""
    assert [p for p in LISTS["yeses"].split(",") if ANSWERS.read(p).said is not Said.YES] == []


@given(st.text(max_size=500))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever is typed, reading it gives an answer and raises nothing."""
    assert ANSWERS.read(text).said in Said


def test_huge_answer_is_cheap_and_no_no() -> None:
    """A megabyte of no is read at once, and is not a plain no."""
    started = time.perf_counter()

    said = ANSWERS.read("no " * 350_000).said

    assert said is Said.UNCLEAR
    assert time.perf_counter() - started < 0.2


@pytest.mark.parametrize(
    "answer",
    [
        "negatory",
        "definitely no",
        "thank god no",
        "100% no",
        "no officer",
        "hell to the no",
        "not for a minute",
        "nah bro",
    ],
)
def test_clear_no_in_more_words(answer: str) -> None:
    """A plain no is a no, however it is put."""
    assert ANSWERS.read(answer).said is Said.NO


@pytest.mark.parametrize(
    "answer",
    [
        "why would you ask",
        "define thinking",
        "define killing",
        "only when i drink",
        "only after shift",
        "i dont know anymore",
        "kinda",
        "not while im sober",
        "not in front of the kids",
        "officially no",
        "on paper no",
        "i should say no",
        "no is what im supposed to say",
        "i'd be lying if i said no",
        "i want to but no",
        "technically no",
        "more nights than not",
        "would you believe me if i said no",
        "no more than usual",
        "ask me tomorrow",
        "no one ever asked me that",
        "no good answer",
        "you got me",
        "was it that obvious",
    ],
)
def test_no_clear_no_in_more_words(answer: str) -> None:
    """Whatever leaves a doubt counts as a yes."""
    assert ANSWERS.read(answer).said is not Said.NO
