"""
Picks at most three kinds of help for what an officer named, says why, and never leaves the crisis line out.

There is no score to argue with. What does not meet a wish is dropped; what is left is put in order by the wishes, then
by how well it fits, then by the order of the file. The same need always gives the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.catalogue.guarantees import Audience, Helper, Option, Outside, Payment
from bot.catalogue.jurisdictions import Jurisdiction, Status
from bot.catalogue.loading import Record
from bot.catalogue.providers import NATIONAL, Provider, choose_lines
from bot.triage.levels import Level

LINE = "crisis_line"
PEER = "peer_support"
MOST = 3
TOP_PRIVACY = 6  # the ranks that are called "among the most private"


@dataclass(frozen=True, slots=True)
class Need:
    """What an officer named. Nothing has to be; nothing here says who they are."""

    topics: frozenset[str] = frozenset()
    level: Level = Level.NONE
    state: str = ""
    most_private: bool = False
    exclude_own_agency: bool = False
    payment: Payment | None = None
    remote: bool = False
    now: datetime | None = None  # set when somebody is needed now
    language: str = ""
    helper: Helper | None = None
    who: Audience = Audience.OFFICER
    veteran: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One suggestion. ``reasons`` are ids of ``matching.yml``; ``provider`` is an entry of the directory that fits."""

    option: Option
    provider: Provider | None
    reasons: tuple[str, ...]
    first_step: str
    wait: str
    until_then: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """The words of ``matching.yml`` and the rule of choice."""

    needs: Mapping[str, str]
    reasons: Mapping[str, str]
    nothing_named: str
    nothing_named_high: str
    fill_with: str

    def match(
        self,
        need: Need,
        options: Iterable[Option],
        providers: Iterable[Provider],
        place: Jurisdiction | None,
    ) -> tuple[Match, ...]:
        """At most three. The crisis line is always there: first in high distress or when it is for now, else last."""
        found = tuple(options)
        known = tuple(providers)
        open_to = [option for option in found if option.id != LINE and _allowed(option, need)]
        chosen = self._ordered(open_to, need, place, self._topics(need))
        chosen += self._ordered(open_to, need, place, frozenset({self.fill_with}))
        best = _one_per_group(chosen)[: MOST - 1]
        line = next((option for option in found if option.id == LINE), None)
        first = need.level >= Level.HIGH or need.now is not None
        picked = [line, *best] if first else [*best, line]
        return tuple(self._explained(option, need, known, place) for option in picked if option is not None)

    def explain(self, match: Match, need: Need) -> tuple[str, ...]:
        """The reasons of *match* as sentences."""
        named = ", ".join(self.needs[topic] for topic in self.needs if topic in self._fitting(match.option, need))
        return tuple(self.reasons[reason].format(needs=named) for reason in match.reasons)

    def _topics(self, need: Need) -> frozenset[str]:
        if need.topics:
            return need.topics
        return frozenset({self.nothing_named_high if need.level >= Level.HIGH else self.nothing_named})

    def _fitting(self, option: Option, need: Need) -> frozenset[str]:
        return self._topics(need) & set(option.good_for)

    def _first_reason(self, option: Option, need: Need) -> str:
        if self._fitting(option, need):
            return "fits" if need.topics else "serious" if need.level >= Level.HIGH else "to_talk"
        return "always_there" if option.always_open else "to_talk"

    def _ordered(
        self, options: list[Option], need: Need, place: Jurisdiction | None, topics: frozenset[str]
    ) -> list[Option]:
        def order(option: Option) -> tuple[int, int, int, int]:
            fit = sum(option.good_for.get(topic, 0) for topic in topics)
            return (
                len(_behind(option, need, place)),
                int(need.exclude_own_agency and option.outside_department is not Outside.YES),
                option.privacy_rank if need.most_private else 0,
                -fit,
            )

        return sorted((option for option in options if topics & set(option.good_for)), key=order)

    def _explained(
        self, option: Option, need: Need, providers: tuple[Provider, ...], place: Jurisdiction | None
    ) -> Match:
        provider = _provider(option, need, providers)
        reasons = [reason for reason, applies in _REASONS if applies(option, need, provider)]
        reasons.insert(0, self._first_reason(option, need))
        if option.id == PEER:
            reasons += _law(place) + _behind(option, need, place)
        return Match(
            option=option,
            provider=provider,
            reasons=tuple(dict.fromkeys(reasons)),
            first_step=(provider.how_to_reach if provider else "") or option.first_step,
            wait=(provider.waiting if provider else "") or option.wait.text,
            until_then=option.until_then,
        )


def _allowed(option: Option, need: Need) -> bool:
    return (
        option.is_help
        and option.own_choice
        and option.suggested
        and need.level <= option.up_to
        and need.who in option.serves
        and (need.payment is None or bool({Payment.FREE, need.payment} & set(option.payments)))
        and (need.helper is None or need.helper in option.answered_by)
        and not (need.remote and option.remote is Outside.NO)
        and not (need.exclude_own_agency and option.outside_department is Outside.NO)
    )


def _behind(option: Option, need: Need, place: Jurisdiction | None) -> list[str]:
    """Why peer support goes to the end of the list here; empty otherwise."""
    if option.id != PEER or place is None:
        return []
    if need.level >= Level.HIGH and place.suicide == "thoughts":
        return ["low_bar"]
    return _law(place) if need.most_private and not place.protects_peers else []


def _law(place: Jurisdiction | None) -> list[str]:
    if place is None:
        return []
    if place.protects_peers:
        return ["law_protects"]
    return ["law_little" if place.status is Status.SOURCED else "law_unknown"]


def _one_per_group(options: Iterable[Option]) -> list[Option]:
    best: dict[str, Option] = {}
    for option in options:
        best.setdefault(option.group, option)
    return list(best.values())


def _provider(option: Option, need: Need, providers: tuple[Provider, ...]) -> Provider | None:
    fitting = [provider for provider in providers if provider.option == option.id and _suits(provider, need)]
    if option.id == LINE:
        lines = choose_lines(
            fitting or providers,
            need.level,
            state=need.state,
            hours_now=need.now,
            language=need.language,
            who=need.who,
            veteran=need.veteran,
        )
        return next(iter(lines), None)
    return min(fitting, key=lambda provider: _rank(provider, need), default=None)


def _suits(provider: Provider, need: Need) -> bool:
    return (
        provider.serves_state(need.state)
        and need.who in provider.serves
        and not (need.exclude_own_agency and provider.agencies)
        and not (need.remote and provider.remote is Outside.NO)
        and (
            need.payment is None or not provider.payments or bool({Payment.FREE, need.payment} & set(provider.payments))
        )
        and (need.helper is None or provider.option == LINE or need.helper in provider.answered_by)
        and not (
            need.topics and provider.good_for and provider.option != LINE and not need.topics & set(provider.good_for)
        )
    )


def _rank(provider: Provider, need: Need) -> tuple[bool, ...]:
    return (
        not provider.verifiable,
        bool(need.language) and need.language not in provider.languages,
        need.now is not None and not provider.open_at(need.now),
        provider.police_aware is not Outside.YES,
        NATIONAL in provider.areas,
        provider.verified_on is None,
    )


def _urgent(need: Need) -> bool:
    return need.level >= Level.HIGH or need.now is not None


def _wary(need: Need) -> bool:
    return need.exclude_own_agency or need.most_private


def _paid(way: Payment, option: Option, need: Need) -> bool:
    return need.payment is way and way in option.payments


def _answered(helper: Helper, option: Option, need: Need) -> bool:
    return need.helper is helper and helper in option.answered_by


_Applies = Callable[[Option, Need, Provider | None], bool]
_REASONS: tuple[tuple[str, _Applies], ...] = (
    ("first_now", lambda option, need, entry: option.always_open and _urgent(need)),
    ("always_there", lambda option, need, entry: option.always_open and not _urgent(need)),
    ("police_aware", lambda option, need, entry: entry is not None and entry.police_aware is Outside.YES),
    ("most_private", lambda option, need, entry: need.most_private and option.privacy_rank <= TOP_PRIVACY),
    ("outside", lambda option, need, entry: need.exclude_own_agency and option.outside_department is Outside.YES),
    ("ask_tie", lambda option, need, entry: _wary(need) and option.outside_department is Outside.DEPENDS),
    ("free", lambda option, need, entry: _paid(Payment.FREE, option, need)),
    ("insurance", lambda option, need, entry: _paid(Payment.INSURANCE, option, need)),
    ("cash", lambda option, need, entry: _paid(Payment.CASH, option, need)),
    ("remote", lambda option, need, entry: need.remote and option.remote is Outside.YES),
    ("ask_remote", lambda option, need, entry: need.remote and option.remote is Outside.DEPENDS),
    ("peer", lambda option, need, entry: _answered(Helper.PEER, option, need)),
    ("clinician", lambda option, need, entry: _answered(Helper.CLINICIAN, option, need)),
    ("clergy", lambda option, need, entry: _answered(Helper.CLERGY, option, need)),
    ("speaks", lambda option, need, entry: _speaks(need, entry)),
    ("ask_language", lambda option, need, entry: need.language not in ("", "en") and not _speaks(need, entry)),
)


def _speaks(need: Need, provider: Provider | None) -> bool:
    return need.language not in ("", "en") and provider is not None and need.language in provider.languages


def read_matcher(top: Record, options: Mapping[str, Option]) -> Matcher:
    """``matching.yml``; every need that an option is good for has to be known there."""
    needs = top.record("needs")
    reasons = top.record("reasons")
    names = [reason for reason, _ in _REASONS] + [
        "fits",
        "to_talk",
        "serious",
        "law_protects",
        "law_little",
        "law_unknown",
        "low_bar",
    ]
    matcher = Matcher(
        needs={name: needs.text(name) for name in needs},
        reasons={name: reasons.text(name) for name in names},
        nothing_named=top.text("nothing_named"),
        nothing_named_high=top.text("nothing_named_high"),
        fill_with=top.text("fill_with"),
    )
    for option in options.values():
        for topic in option.good_for:
            if topic not in matcher.needs:
                needs.fault(topic, "is missing; an option is good for it")
    if LINE not in options:
        top.fault("needs", "cannot be matched: there is no crisis line among the options")
    reasons.done()
    return matcher
