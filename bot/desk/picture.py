"""
Shows a responder's page all it may know at one moment: the queue, the own chats, who else is there; no more exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.desk.accounts import Account
from bot.handoff.duty import Duty
from bot.handoff.escalation import EDGE_SILENT
from bot.handoff.outbox import DeadLetter
from bot.handoff.post import Post
from bot.handoff.records import Case, Kind, Side, Sign
from bot.handoff.states import HELD, State

CHATS_AT_ONCE = 3


def draw(post: Post, account: Account, names: Mapping[str, str], heartbeat: float) -> dict[str, Any]:
    """What the page of *account* shows, all of one moment. Times are on the mailbox's clock; ``now`` is told apart."""
    with post.reading():
        return _draw(post, account, names, heartbeat)


def _draw(post: Post, account: Account, names: Mapping[str, str], heartbeat: float) -> dict[str, Any]:
    there = post.presence.there(Kind.RESPONDER, heartbeat)
    edges = post.presence.there(Kind.EDGE, EDGE_SILENT)
    cases = post.queue.all()
    mine = [case for case in cases if case.owner == account.id and case.state in HELD]
    tier = post.duty.tier_of(account.name, account.tier)
    return {
        "me": _me(account, there.get(account.id), tier, post.duty),
        "cases": [_case(case, account, tier, names, edges) for case in cases if case.state is not State.CLOSED],
        "chats": {case.id: _chat(post, case) for case in mine},
        "colleagues": [
            {"id": sign.id, "name": names[sign.id]}
            for sign in sorted(there.values(), key=lambda sign: sign.id)
            if sign.id != account.id and sign.on_duty and sign.id in names
        ],
        "on_duty": sum(sign.on_duty and sign.tier > 0 for sign in there.values()),
        "offers": sum(sign.offers for sign in edges.values()),
        "letters": [_letter(letter) for letter in post.outbox.dead()],
    }


def _letter(letter: DeadLetter) -> dict[str, Any]:
    """What could not be told, for somebody to see; the way has a name of the operator's, no address."""
    return {"id": letter.id, "kind": letter.kind, "way": letter.endpoint, "word": letter.word, "tries": letter.tries}


def _me(account: Account, sign: Sign | None, tier: int, duty: Duty) -> dict[str, Any]:
    called = tier > 0 and duty.open(tier)
    return {"name": account.name, "tier": tier, "on_duty": bool(sign and sign.on_duty), "called": called}


def _case(
    case: Case, account: Account, tier: int, names: Mapping[str, str], edges: Mapping[str, Sign]
) -> dict[str, Any]:
    waiting = case.state is State.NOTIFYING
    return {
        "id": case.id,
        "alias": case.alias,
        "level": case.level.label,
        "state": case.state.value,
        "tier": case.tier,
        "since": case.since,
        "entered": case.entered,
        "mine": case.owner == account.id,
        "holder": names.get(case.owner or "", ""),
        "alarm": waiting and 0 < tier <= case.tier,
        "reachable": case.edge in edges,
    }


def _chat(post: Post, case: Case) -> dict[str, Any]:
    sent = post.relay.progress(case, Side.OFFICER)
    return {
        "summary": post.queue.summary(case),
        "lines": [{"seq": line.seq, "text": line.text} for line in post.relay.waiting(case.id, Side.DESK)],
        "delivered": sent.last_delivered,
        "failed": list(sent.failed),
    }
