"""
Shows a responder's page all it may know at one moment: the queue, the own chats, who else is there; no more exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.desk.accounts import Account
from bot.handoff.escalation import EDGE_SILENT
from bot.handoff.post import Post
from bot.handoff.records import Case, Kind, Side, Sign
from bot.handoff.states import HELD, State

CHATS_AT_ONCE = 3


def draw(post: Post, account: Account, names: Mapping[str, str], heartbeat: float) -> dict[str, Any]:
    """What the page of *account* shows. Times are on the mailbox's clock; ``now`` is told apart from it."""
    there = post.presence.there(Kind.RESPONDER, heartbeat)
    edges = post.presence.there(Kind.EDGE, EDGE_SILENT)
    cases = post.queue.all()
    mine = [case for case in cases if case.owner == account.id and case.state in HELD]
    return {
        "me": _me(account, there.get(account.id)),
        "cases": [_case(case, account, names, edges) for case in cases if case.state is not State.CLOSED],
        "chats": {case.id: _chat(post, case) for case in mine},
        "colleagues": [
            {"id": sign.id, "name": names[sign.id]}
            for sign in sorted(there.values(), key=lambda sign: sign.id)
            if sign.id != account.id and sign.on_duty and sign.id in names
        ],
        "on_duty": sum(sign.on_duty for sign in there.values()),
    }


def _me(account: Account, sign: Sign | None) -> dict[str, Any]:
    return {"name": account.name, "tier": account.tier, "on_duty": bool(sign and sign.on_duty)}


def _case(case: Case, account: Account, names: Mapping[str, str], edges: Mapping[str, Sign]) -> dict[str, Any]:
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
        "alarm": waiting and account.tier <= case.tier,
        "reachable": case.edge in edges,
    }


def _chat(post: Post, case: Case) -> dict[str, Any]:
    sent = post.relay.progress(case, Side.OFFICER)
    return {
        "lines": [{"seq": line.seq, "text": line.text} for line in post.relay.waiting(case.id, Side.DESK)],
        "delivered": sent.last_delivered,
        "failed": list(sent.failed),
    }
