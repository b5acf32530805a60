"""
Finds the reviewed words for a crisis and for the check-in, and has words left when the wording cannot be read.
"""

from __future__ import annotations

from bot.logs import get_logger
from bot.triage.levels import ReplyKind, Subject, Verdict
from bot.wording import Button, Reply, Wording

log = get_logger(__name__)

# The one sentence for officers that stands in Python, against the house style: it is said when the files of sentences
# are missing, broken or emptied, and numbers that depend on a file are not there on the night they are needed.
# It names no line that serves only some callers, so that it can stay as it is for years.
LAST_RESORT = Reply("Call or text 988, any hour. Or text HOME to 741741. Right now in danger: call 911.")

# What must be in a crisis text and in a check-in for it to be said at all; else the last resort is.
_NEEDED = "988"

# Rules with this beginning tell of an act under way: 911 and Poison Control have to come before the lines to talk to.
# A gun in the lap is not one yet: there the voice on the line and the distance come first, and "say what was taken"
# would answer something that nobody wrote.
_UNDER_WAY = "now."
_NOT_YET = frozenset({"now.means", "now.combined", "now.edge", "now.fragments"})

_CRISIS = {Subject.SELF: "utter_crisis", Subject.OTHER: "utter_crisis_other", Subject.HARM: "utter_crisis_harm"}
_CHECK_IN = {Subject.SELF: "utter_check_in", Subject.OTHER: "utter_check_in_other", Subject.HARM: "utter_check_in_harm"}


class SafetyReplies:
    """The static replies. ``replies`` never raises and is never empty, whatever *wording* is."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def replies(self, verdict: Verdict, channel: str, *, repeated: bool = False) -> tuple[Reply, ...]:
        """What *verdict* is answered with; ``repeated`` when this conversation has had the whole text before."""
        reply = self._said(_name(verdict, repeated), channel)
        if reply is None and verdict.reply_kind is ReplyKind.CRISIS:
            reply = self._said("utter_crisis", channel)
        return (reply or LAST_RESORT,)

    def _said(self, name: str, channel: str) -> Reply | None:
        try:
            reply = self._wording.say(name, channel=channel)
            return reply if _is_whole(reply) else None
        except Exception as error:  # no fault in a file may cost the numbers
            log.error("safety_reply.wording_failed", error=type(error))
            return None


def _name(verdict: Verdict, repeated: bool) -> str:
    if verdict.reply_kind is not ReplyKind.CRISIS:
        return _CHECK_IN[verdict.subject]
    if verdict.subject is not Subject.HARM and _is_under_way(verdict):
        return "utter_crisis_now"
    if repeated and verdict.subject is Subject.SELF:
        return "utter_crisis_again"
    return _CRISIS[verdict.subject]


def _is_under_way(verdict: Verdict) -> bool:
    return any(rule.startswith(_UNDER_WAY) and rule not in _NOT_YET for rule in verdict.rules)


def _is_whole(reply: Reply) -> bool:
    """A placeholder nobody filled in, or a text without the number, is a fault of the file."""
    buttons = all(isinstance(button, Button) and button.payload.startswith("/") for button in reply.buttons)
    return _NEEDED in reply.text and "{" not in reply.text and buttons
