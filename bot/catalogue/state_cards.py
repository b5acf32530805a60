"""
Changes the cards to what the law of one state says about them, or to the honest answer that nothing was found.

The rows are data; so is every sentence. What is decided here is which sentence goes on which card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.catalogue.guarantees import Confidence, Fact, Option, Question
from bot.catalogue.jurisdictions import Cover, DutyToWarn, Jurisdiction, Rules, Status, Talk, Trigger

_TABLE = ("peer-law-table",)
_LINES = ("lifeline-988-2025", "copline-site")
_WARN_SOURCES = ("jaapl-duty-2014",)
_DISPUTED_SOURCES = ("jaapl-duty-2014", "ncsl-duty-2013")


def localise(option: Option, place: Jurisdiction, rules: Rules, warn: Fact) -> Option:
    """The card of *option* as it is in *place*. *warn* is the general fact that the state's duty to warn replaces."""
    local = _CARDS.get(option.id, _unchanged)(option, place, rules)
    answers = {question: _warned(facts, place, rules, warn) for question, facts in local.answers.items()}
    for note in reversed(place.notes):
        if option.id in note.options:
            lead = _citation(local, note.question)
            answers[note.question] = (*lead, note.fact, *answers[note.question][len(lead) :])
    return replace(local, answers=answers, state=place.code)


def _citation(option: Option, question: Question) -> tuple[Fact, ...]:
    """The law itself comes before what is special about it."""
    leading = {"peer_support": 2, "debriefing": 1}.get(option.id, 0) if question is Question.PRIVILEGE else 0
    return option.answers[question][:leading]


def _unchanged(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    return option


def _peer_support(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    lead = rules.of(place, "peer_lead", place.reach)
    if place.status is not Status.SOURCED:
        unknown = _nothing_found(option, place, rules)
        return replace(unknown, two_lines=(option.two_lines[0], lead))
    return replace(
        option,
        two_lines=(option.two_lines[0], lead),
        answers={
            **option.answers,
            Question.PRIVILEGE: (lead, *_law(place, rules)),
            Question.EXCEPTIONS: _exceptions(place, rules),
        },
    )


def _nothing_found(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    found = rules.say(place, "partly" if place.status is Status.PARTLY else "unsourced", verified=False)
    caution = rules.say(place, "unsourced_exceptions", verified=False)
    return replace(
        option,
        answers={**option.answers, Question.PRIVILEGE: (found,), Question.EXCEPTIONS: (caution,)},
        ask_first=rules.ask_instead + option.ask_first,
    )


def _law(place: Jurisdiction, rules: Rules) -> tuple[Fact, ...]:
    return (
        rules.say(place, "law"),
        # that nothing limits it was read from silence; a limit was read in so many words
        rules.of(place, "trigger", place.trigger, verified=place.trigger is not Trigger.ANY),
        rules.of(place, "proceedings", place.proceedings),
    )


def _exceptions(place: Jurisdiction, rules: Rules) -> tuple[Fact, ...]:
    told = [rules.of(place, "exceptions", name) for name in place.exceptions]
    told += [rules.of(place, "exceptions", name, verified=False) for name in place.exceptions_unverified]
    return (
        rules.with_sources(place, "designated", _TABLE),
        *told,
        rules.of(place, "suicide", place.suicide, verified=place.suicide_verified),
        rules.with_sources(place, "suicide_line", _LINES),
        rules.say(place, "may_change" if place.read_whole else "read_in_part"),
    )


def _debriefing(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    covered = place.status is Status.SOURCED and bool({Talk.TEAM, Talk.GROUP} & set(place.talk))
    if not covered:
        return _lead(option, Question.PRIVILEGE, rules.say(place, "group_unknown", verified=False))
    law = (rules.say(place, "group_covered"), *_law(place, rules)[1:])
    answers = {**option.answers, Question.EXCEPTIONS: _exceptions(place, rules) + option.exceptions[:1]}
    return _lead(replace(option, answers=answers), Question.PRIVILEGE, *law)


def _union(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    noted = any(option.id in note.options for note in place.notes)
    facts = () if noted else (rules.say(place, "union_unknown", verified=False),)
    if Cover.UNION in place.covers:
        option = replace(option, answers={**option.answers, Question.EXCEPTIONS: _exceptions(place, rules)})
    local = tuple(
        note.fact for note in place.notes if option.id in note.options and note.question is Question.PRIVILEGE
    )
    return replace(
        option,
        two_lines=(option.two_lines[0], (*local, *facts)[0]),
        answers={**option.answers, Question.PRIVILEGE: facts},  # other states' rules would only mislead here
    )


def _family(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    covered = Cover.FAMILY in place.covers
    fact = rules.say(place, "covers_family" if covered else "family_unknown", verified=covered)
    return _lead(option, Question.PRIVILEGE, fact)


def _dispatchers(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    name = next((cover for cover in ("dispatchers", "dispatchers_listed") if cover in place.covers), "")
    return _named(option, rules.say(place, _DISPATCHER_LINES[name], verified=bool(name)))


def _civilians(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    covered = Cover.CIVILIANS in place.covers
    return _named(option, rules.say(place, "covers_civilians" if covered else "civilians_unknown", verified=covered))


def _retirees(option: Option, place: Jurisdiction, rules: Rules) -> Option:
    return _named(option, rules.say(place, "retirees_unknown", verified=False))


def _named(option: Option, fact: Fact) -> Option:
    """Whether the law of the state names these people; what the card says of other states would mislead here."""
    general = option.answers[Question.PRIVILEGE][:1]
    return replace(
        option,
        two_lines=(option.two_lines[0], fact),
        answers={**option.answers, Question.PRIVILEGE: (fact, *general)},
    )


_DISPATCHER_LINES = {
    "dispatchers": "covers_dispatchers",
    "dispatchers_listed": "dispatchers_listed",
    "": "dispatchers_unknown",
}
_CARDS: dict[str, Callable[[Option, Jurisdiction, Rules], Option]] = {
    "peer_support": _peer_support,
    "debriefing": _debriefing,
    "union": _union,
    "family_services": _family,
    "dispatcher_support": _dispatchers,
    "retiree_support": _retirees,
    "civilian_support": _civilians,
}


def _lead(option: Option, question: Question, *facts: Fact) -> Option:
    return replace(option, answers={**option.answers, question: facts + option.answers[question]})


def _warned(facts: tuple[Fact, ...], place: Jurisdiction, rules: Rules, warn: Fact) -> tuple[Fact, ...]:
    if warn not in facts:
        return facts
    text = rules.groups["duty_to_warn"][place.duty_to_warn].format(state=place.name)
    sources = _DISPUTED_SOURCES if place.duty_to_warn is DutyToWarn.DISPUTED else _WARN_SOURCES
    known = place.duty_to_warn is not DutyToWarn.UNKNOWN
    local = Fact(text, sources if known else ("own-reading",), Confidence.MEDIUM, known, place.checked_on)
    return tuple(local if fact == warn else fact for fact in facts)
