"""
Names how much distress is in a message, and which kind of reply that asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Ordered, so that the worst of several is ``max(...)``."""

    NONE = 0  # information, small talk, work talk
    MILD = 1  # strain, low mood, still functioning
    MODERATE = 2  # lasting symptoms, drinking, intrusive memories, a colleague to worry about
    HIGH = 3  # any suicidal thought of one's own, self-harm, hopelessness, fear of hurting someone
    IMMINENT = 4  # intent, plan, means in hand, a goodbye, an act under way

    @property
    def label(self) -> str:
        """The word used on every wire and in every slot: ``"none"`` … ``"imminent"``."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> Level:
        """The reverse of ``label``; raises ``KeyError`` for any other word."""
        return cls[label.upper()]


class ReplyKind(StrEnum):
    """What the officer gets: numbers, one direct question, or a conversation."""

    NORMAL = "normal"
    CHECK_IN = "check_in"
    CRISIS = "crisis"


class Subject(StrEnum):
    """Whom the danger is about; decides the wording, never the urgency."""

    SELF = "self"
    OTHER = "other"  # a colleague, partner or relative may kill themselves
    HARM = "harm"  # somebody may be hurt by the writer


@dataclass(frozen=True, slots=True)
class Firm:
    """What no layer may lower, of all that the lexicon found."""

    level: Level = Level.NONE
    reply_kind: ReplyKind = ReplyKind.NORMAL


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The judgement on one message. ``rules`` holds rule ids from ``lexicon.yml``, never words of the message.
    """

    level: Level = Level.NONE
    reply_kind: ReplyKind = ReplyKind.NORMAL
    subject: Subject = Subject.SELF
    rules: tuple[str, ...] = ()
    firm: Firm = field(default=Firm(), compare=False)
