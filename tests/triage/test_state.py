"""What a conversation's level and open question make of a message."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.triage import answers
from bot.triage.answers import Answers, Said
from bot.triage.levels import Level, ReplyKind, Subject, Verdict
from bot.triage.lexicon import Triage
from bot.triage.state import CALM_MESSAGES, STREAK, DistressState

NONE, MILD, MODERATE, HIGH, IMMINENT = Level
NORMAL, CHECK_IN, CRISIS = ReplyKind.NORMAL, ReplyKind.CHECK_IN, ReplyKind.CRISIS

ASK = Verdict(HIGH, CHECK_IN, rules=("ambiguous",))
DANGER = Verdict(HIGH, CRISIS, rules=("danger",))
TRIAGE = Triage.load()


class Judging:
    """A triage that gives the verdicts it was made with, then calm."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)

    def judge(self, text: str) -> Verdict:
        return self.verdicts.pop(0) if self.verdicts else Verdict()


def heard(state: DistressState, *verdicts: Verdict) -> list[Verdict]:
    """What *state* makes of messages judged so."""
    return [state.hear("something", Judging(verdict)) for verdict in verdicts]


def asked(subject: Subject = Subject.SELF, before: Level = NONE) -> DistressState:
    """A conversation at *before* in which the question has just been put."""
    state = DistressState(before)
    state.expect_check_in(subject)
    return state


def at(level: Level) -> Verdict:
    return Verdict(level)


# -- the level in force


@pytest.mark.parametrize("level", [HIGH, IMMINENT])
def test_high_never_decays(level: Level) -> None:
    """What was high or imminent once stays so for the whole conversation, however calm it gets."""
    state = DistressState()
    heard(state, Verdict(level, CRISIS))

    after = heard(state, *[at(NONE)] * 100)

    assert {(v.level, v.reply_kind) for v in after} == {(level, NORMAL)}


def test_level_is_the_worst_heard() -> None:
    """A calmer message does not lower the level at once."""
    state = DistressState()

    assert [v.level for v in heard(state, at(MILD), at(MODERATE), at(NONE))] == [MILD, MODERATE, MODERATE]


def test_slow_decay_below_high() -> None:
    """Below high, one level is taken off after several calmer messages in a row, and not before."""
    state = DistressState(MODERATE)

    levels = [v.level for v in heard(state, *[at(NONE)] * (2 * CALM_MESSAGES))]

    expected = [MODERATE] * (CALM_MESSAGES - 1) + [MILD] * CALM_MESSAGES + [NONE]
    assert levels == expected


def test_trouble_starts_the_count_again() -> None:
    """A troubled message among calm ones keeps the level up."""
    state = DistressState()

    heard(state, at(MODERATE), *[at(NONE)] * (CALM_MESSAGES - 1), at(MODERATE), *[at(NONE)] * (CALM_MESSAGES - 1))

    assert state.level is MODERATE


# -- the streak


def test_streak_gets_the_question() -> None:
    """Three mild-to-moderate messages in a row are answered with the question."""
    kinds = [v.reply_kind for v in heard(DistressState(), at(MILD), at(MODERATE), at(MILD))]

    assert kinds == [NORMAL, NORMAL, CHECK_IN]


def test_calm_message_breaks_the_streak() -> None:
    """Troubled messages with a calm one among them are no streak."""
    state = DistressState()

    assert CHECK_IN not in {v.reply_kind for v in heard(state, at(MILD), at(MILD), at(NONE), at(MILD), at(MILD))}


def test_streak_asks_once() -> None:
    """After a no, more of the same is not asked about again; something worse is."""
    state = DistressState()
    heard(state, *[at(MILD)] * STREAK)
    state.hear("no", Judging())

    same = heard(state, *[at(MILD)] * 5, at(NONE))
    worse = heard(state, *[at(MODERATE)] * STREAK)

    assert {v.reply_kind for v in same} == {NORMAL}
    assert worse[-1].reply_kind is CHECK_IN


def test_no_streak_after_a_crisis() -> None:
    """Who has told of a crisis is not asked whether there is one because of sad messages."""
    state = DistressState()
    heard(state, DANGER)

    assert {v.reply_kind for v in heard(state, *[at(MODERATE)] * 6)} == {NORMAL}


# -- the open question


@pytest.mark.parametrize(
    "answer", ["yeah", "sometimes", "i guess", "kind of", "maybe", "a little", "I've thought about it"]
)
def test_yes_is_a_crisis(answer: str) -> None:
    """A yes in any form is answered as a crisis, at high or more."""
    verdict = asked().hear(answer, TRIAGE)

    assert verdict.reply_kind is CRISIS
    assert verdict.level >= HIGH
    assert "check_in.yes" in verdict.rules


@pytest.mark.parametrize("answer", ["yes, tonight", "yeah i have a plan"])
def test_yes_with_a_time_or_plan_is_imminent(answer: str) -> None:
    """A yes that names a time or a plan is imminent."""
    assert asked().hear(answer, Judging()).level is IMMINENT


@pytest.mark.parametrize("answer", ["no", "nah", "nope", "not at all", "I'm not", "no im just tired", "hell no"])
@pytest.mark.parametrize("before", [NONE, MILD, MODERATE, HIGH])
def test_no_is_believed(answer: str, before: Level) -> None:
    """A plain no goes back to the conversation, at the level of before."""
    verdict = asked(before=before).hear(answer, TRIAGE)

    assert (verdict.reply_kind, verdict.level) == (NORMAL, before)
    assert "check_in.no" in verdict.rules


@pytest.mark.parametrize(
    "answer",
    [
        "why",
        "what do you mean",
        "does it matter",
        "who sees this",
        "",
        "   ",
        "...",
        "who pays for the EAP",
        "I'm fine",
        "idk",
        "not really",
    ],
)
def test_unclear_counts_as_yes(answer: str) -> None:
    """Silence, evasion, another topic and a question back are answered as a crisis."""
    verdict = asked().hear(answer, TRIAGE)

    assert (verdict.reply_kind, verdict.level) == (CRISIS, HIGH)
    assert "check_in.unclear" in verdict.rules


@pytest.mark.parametrize("answer", ["no but i think about my gun", "no i just want to disappear", "no. i want to die"])
def test_no_with_danger_is_no_no(answer: str) -> None:
    """A no that is followed by danger is a crisis."""
    assert asked().hear(answer, TRIAGE).reply_kind is CRISIS


def test_doubt_of_triage_outweighs_a_longer_no() -> None:
    """A no with more to it, in which triage finds something open, is not a clear no."""
    assert asked().hear("no, who can I see for my marriage", Judging(ASK)).reply_kind is CRISIS


def test_bare_no_is_believed_though_triage_is_broken() -> None:
    """A bare no is a no, even when triage could not read it and wants to ask."""
    assert asked().hear("no", Judging(ASK)).reply_kind is NORMAL


def test_crisis_in_the_answer_wins() -> None:
    """What triage takes for a crisis is one, whatever else the answer says."""
    verdict = asked().hear("no", Judging(Verdict(IMMINENT, CRISIS, Subject.HARM, ("r",))))

    assert verdict == Verdict(IMMINENT, CRISIS, Subject.HARM, ("r",))


def test_no_takes_the_suspicion_back() -> None:
    """A high that was only suspected goes with the no; strain that was heard stays."""
    suspected, strained = DistressState(MILD), DistressState(MILD)
    heard(suspected, ASK)
    heard(strained, Verdict(MODERATE, CHECK_IN))

    assert suspected.hear("no", Judging()).level is MILD
    assert strained.hear("no", Judging()).level is MODERATE


@pytest.mark.parametrize("subject", list(Subject))
def test_question_keeps_its_subject(subject: Subject) -> None:
    """The answer is about the one the question was about."""
    assert asked(subject).hear("yes", Judging()).subject is subject
    assert asked(subject).hear("no", Judging()).subject is subject


def test_answer_can_turn_to_oneself() -> None:
    """Asked about a partner, "no but i am" is a crisis of the writer's own."""
    verdict = asked(Subject.OTHER).hear("no but i am", Judging())

    assert (verdict.reply_kind, verdict.subject) == (CRISIS, Subject.SELF)


def test_no_that_asks_for_something() -> None:
    """A no with a request in it is told from a bare one, so that the request can be answered."""
    assert "check_in.no_and_more" in asked().hear("no, who can I see for my marriage", Judging()).rules


def test_question_is_open_for_one_answer() -> None:
    """Once answered, later messages are not taken for answers."""
    state = asked()
    state.hear("no", Judging())

    assert state.hear("why", Judging()).reply_kind is NORMAL


def test_unreadable_phrases_count_as_yes(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """With the file of answers gone, the question still has an answer: the numbers."""
    monkeypatch.setattr(answers, "DATA", tmp_path / "gone.yml")
    Answers.load.cache_clear()
    try:
        assert asked().hear("no", Judging()).reply_kind is CRISIS
    finally:
        Answers.load.cache_clear()


# -- after a crisis


def test_calm_message_after_a_crisis_is_a_conversation() -> None:
    """After the numbers, a message without danger is answered as such, at the level that stays."""
    state = DistressState()
    heard(state, DANGER)

    assert heard(state, at(NONE)) == [Verdict(HIGH, NORMAL)]


def test_new_danger_gets_the_numbers_again() -> None:
    """Danger after a crisis is a crisis, and an open wording too: it has been said, so it is not asked."""
    state = DistressState()

    assert [v.reply_kind for v in heard(state, DANGER, at(NONE), DANGER, ASK)] == [CRISIS, NORMAL, CRISIS, CRISIS]


def test_crisis_about_another_still_asks_about_oneself() -> None:
    """After a crisis about a colleague, an open wording about oneself is asked about."""
    state = DistressState()

    kinds = [v.reply_kind for v in heard(state, Verdict(HIGH, CRISIS, Subject.OTHER), ASK)]

    assert kinds == [CRISIS, CHECK_IN]


# -- the buttons


@pytest.mark.parametrize("choice, said", [("/check_in_yes", "yes"), ("/check_in_unsure", "unclear")])
@pytest.mark.parametrize("subject", list(Subject))
def test_yes_and_unsure_buttons(choice: str, said: str, subject: Subject) -> None:
    """Both buttons are a crisis about whom the question was about."""
    assert asked(subject).answer(choice) == Verdict(HIGH, CRISIS, subject, (f"check_in.{said}",))


def test_no_button() -> None:
    """The no button is believed, and the level of before is kept."""
    state = asked(before=MODERATE)

    assert state.answer("/check_in_no") == Verdict(MODERATE, NORMAL, rules=("check_in.no",))
    assert not state.awaits_answer


@pytest.mark.parametrize("choice", ["/forget", "/person", "/private", "/grounding", "/check_in_other"])
def test_other_button_leaves_the_question_open(choice: str) -> None:
    """A button that is no answer is neither a yes nor a no: the next words still decide."""
    state = asked()

    assert state.answer(choice) is None
    assert state.hear("who are you", Judging()).reply_kind is CRISIS


def test_old_buttons() -> None:
    """Without an open question a yes is still believed, and a no lowers nothing."""
    after_crisis = DistressState()
    heard(after_crisis, DANGER)

    assert DistressState().answer("/check_in_yes") == Verdict(HIGH, CRISIS, rules=("check_in.yes",))
    assert after_crisis.answer("/check_in_no") == Verdict(HIGH, NORMAL, rules=("check_in.no",))


# -- with the real triage


def test_real_conversation() -> None:
    """An open wording is asked about, the answer decides, and the level stays."""
    state = DistressState()

    said = ["hi", "I can't do this anymore", "sometimes", "who pays for the EAP", "I want to kill myself"]
    verdicts = [state.hear(text, TRIAGE) for text in said]

    assert [v.reply_kind for v in verdicts] == [NORMAL, CHECK_IN, CRISIS, NORMAL, CRISIS]
    assert [v.level >= HIGH for v in verdicts] == [False, False, True, True, True]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.sampled_from(list(Subject)))
def test_open_question_needs_a_clear_no(text: str, subject: Subject) -> None:
    """Whatever is typed, hearing it raises nothing, and only a clear no answers the question with a conversation."""
    verdict = asked(subject).hear(text, TRIAGE)

    if Answers.load().read(text, subject).said is not Said.NO:
        assert verdict.reply_kind is CRISIS
        assert verdict.level >= HIGH


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(Verdict, st.sampled_from(Level), st.sampled_from(ReplyKind), st.sampled_from(Subject)), max_size=30
    )
)
def test_any_course(verdicts: list[Verdict]) -> None:
    """In any conversation a crisis is answered as one, and from high the level never falls."""
    state = DistressState()

    before = NONE
    for found in verdicts:
        pending = state.awaits_answer
        verdict = state.hear("something", Judging(found))
        assert verdict.level is state.level
        assert verdict.reply_kind is CRISIS or not (pending or found.reply_kind is CRISIS)
        assert state.level >= before or before < HIGH
        before = state.level
