"""
Keeps how much distress a conversation holds, and whether a question about it is still open.

In memory only: levels and flags, never words. What was once high stays high until the conversation is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.triage.answers import Answer, Answers, Said, yes_or_no
from bot.triage.levels import Level, ReplyKind, Subject, Verdict

__all__ = ["CALM_MESSAGES", "STREAK", "DistressState", "yes_or_no"]

# Three troubled messages one after another are no longer a bad moment: then the question is asked (issue 3, part 1 c).
STREAK = 3

# One level down after this many calmer messages. Fewer would forget a hard evening over one practical question and its
# follow-ups, which is how people in trouble mostly talk: a bit of it, then something safe.
CALM_MESSAGES = 4

_ANSWERS = {"/check_in_yes": Said.YES, "/check_in_no": Said.NO, "/check_in_unsure": Said.UNCLEAR}


class Judge(Protocol):
    """What ``lexicon.Triage`` is to a conversation."""

    def judge(self, text: str) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class _Question:
    """An open check-in. ``back_to`` is the level in force again after a no."""

    subject: Subject
    back_to: Level


@dataclass(slots=True)
class DistressState:
    """
    The distress of one conversation. ``hear`` takes typed words, ``answer`` a button; both give the verdict to act on.

    In a verdict, ``level`` is the level in force, ``reply_kind`` what this message is answered with, and ``rules`` the
    rule ids of this message. Where the check-in decided they hold ``check_in.yes``, ``.no``, ``.no_and_more`` (more
    than the no was said), ``.unclear``, or ``.streak`` when it is asked because of a streak.
    """

    level: Level = Level.NONE
    _question: _Question | None = None
    _asked_about: Subject = Subject.SELF
    _alarmed: set[Subject] = field(default_factory=set)
    _streak: int = 0
    _streak_asked_at: Level = Level.NONE
    _calm: int = 0

    @property
    def awaits_answer(self) -> bool:
        """Whether a check-in is open."""
        return self._question is not None

    def hear(self, text: str, triage: Judge) -> Verdict:
        """The verdict on *text*, in the light of what came before. Never raises as long as *triage* does not."""
        found = triage.judge(text)
        if found.reply_kind is ReplyKind.CRISIS:
            return self._alarm(found)
        if self._question is not None:
            return self._answered_by(text, found, self._question)
        if found.reply_kind is ReplyKind.CHECK_IN:
            # Who has said it is not asked whether it is so; the numbers come again.
            return self._alarm(found) if found.subject in self._alarmed else self._ask(found)
        return self._go_on(found)

    def answer(self, choice: str) -> Verdict | None:
        """
        The verdict on a button of the check-in; None for every other button.

        A button that is no answer leaves the question open for the next words or the next press. Taking it for a yes
        would alarm somebody who only looked up who sees this; taking it for a no would let a button stand for a denial.
        Asking to erase is granted, whatever is open: that promise has no exception, and with the conversation goes
        this object. An old button, pressed when nothing is open, is believed if it says yes or unsure; an old no
        changes nothing.
        """
        said = _ANSWERS.get(choice)
        if said is None:
            return None
        question, self._question = self._question, None
        subject = question.subject if question else self._asked_about
        if said is not Said.NO:
            return self._alarm(Verdict(Level.HIGH, ReplyKind.CRISIS, subject, (f"check_in.{said}",)))
        if question:
            return self._accept_no(question, ("check_in.no",))
        return Verdict(self.level, subject=subject, rules=("check_in.no",))

    def expect_check_in(self, subject: Subject = Subject.SELF) -> None:
        """Notes that the question about *subject* has been put, by whoever put it: the next words answer it."""
        self._open(subject, self.level)

    # -- what a message comes to

    def _go_on(self, found: Verdict) -> Verdict:
        self._raise_or_calm(found.level)
        troubled = Level.NONE < found.level < Level.HIGH
        self._streak = self._streak + 1 if troubled else 0
        if self._streak >= STREAK and self._has_new_reason() and found.subject not in self._alarmed:
            self._streak_asked_at = self.level
            self._open(found.subject, self.level)
            return Verdict(self.level, ReplyKind.CHECK_IN, found.subject, (*found.rules, "check_in.streak"))
        return Verdict(self.level, ReplyKind.NORMAL, found.subject, found.rules)

    def _ask(self, found: Verdict) -> Verdict:
        # A level below high was heard in the words and stays; high was the suspicion itself, and a no takes it back.
        back_to = max(self.level, found.level) if found.level < Level.HIGH else self.level
        self.level = max(self.level, found.level)
        self._open(found.subject, back_to)
        return Verdict(self.level, ReplyKind.CHECK_IN, found.subject, found.rules)

    def _answered_by(self, text: str, found: Verdict, question: _Question) -> Verdict:
        self._question = None
        answer = _read(text, question.subject)
        if _is_clear_no(answer, found):
            return self._accept_no(question, (*found.rules, "check_in.no_and_more" if answer.more else "check_in.no"))
        said = Said.YES if answer.said is Said.YES else Said.UNCLEAR
        level = Level.IMMINENT if said is Said.YES and answer.soon else Level.HIGH
        subject = found.subject if found.reply_kind is not ReplyKind.NORMAL else question.subject
        return self._alarm(
            Verdict(
                max(level, found.level),
                ReplyKind.CRISIS,
                Subject.SELF if answer.about_me else subject,
                (*found.rules, f"check_in.{said}"),
            )
        )

    def _accept_no(self, question: _Question, rules: tuple[str, ...]) -> Verdict:
        self.level = question.back_to
        self._streak_asked_at = max(self._streak_asked_at, self.level)
        return Verdict(self.level, subject=question.subject, rules=rules)

    def _alarm(self, found: Verdict) -> Verdict:
        self.level = max(self.level, found.level, Level.HIGH)
        self._question = None
        self._alarmed.add(found.subject)
        self._streak = self._calm = 0
        return Verdict(self.level, ReplyKind.CRISIS, found.subject, found.rules)

    # -- bookkeeping

    def _open(self, subject: Subject, back_to: Level) -> None:
        self._question = _Question(subject, back_to)
        self._asked_about = subject
        self._streak = self._calm = 0

    def _has_new_reason(self) -> bool:
        """Asked once, a further streak is a reason to ask again only when it is worse than the last one."""
        return self.level > self._streak_asked_at

    def _raise_or_calm(self, found: Level) -> None:
        if found >= self.level:
            self.level, self._calm = found, 0
            return
        self._calm += 1
        if self.level < Level.HIGH and self._calm >= CALM_MESSAGES:
            self.level, self._calm = Level(self.level - 1), 0


def _is_clear_no(answer: Answer, found: Verdict) -> bool:
    """A bare no is believed; a no with more to it only where triage finds nothing in the whole message."""
    if answer.said is not Said.NO or answer.about_me:
        return False
    return not answer.more or (found.reply_kind is ReplyKind.NORMAL and found.level < Level.HIGH)


def _read(text: str, subject: Subject) -> Answer:
    try:
        return Answers.load().read(text, subject)
    except Exception:  # the phrases cannot be read: an answer that nobody understood counts as a yes
        return Answer(Said.UNCLEAR)
