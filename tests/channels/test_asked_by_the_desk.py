"""What a responder asks, and what the edge itself asks for: the words that follow are understood, and go nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.channels.inbound import Edge, Incoming
from bot.crypto.sealing import new_provider_keys
from bot.handoff.duty import Endpoint
from bot.referral.officer import ReferralSide
from bot.referral.partners import Partner, Partners
from bot.referral.receipts import Receipts
from bot.triage.levels import Level, ReplyKind
from bot.wording import Reply
from tests.channels.builders import FakeAssistant, FakePerson, edge, edge_parts, texts
from tests.handoff.builders import WORDING


def message(text: str, choice: str | None = None) -> Incoming:
    return Incoming("terminal", "officer-1", text, choice)


async def test_a_yes_to_a_responder_raises_the_level(tmp_path: Path) -> None:
    """A responder asks about suicide, the officer says just yes: the level the desk sees goes up."""
    person = FakePerson(now="live")
    door = edge(tmp_path, person=person)
    await door.hear(message("evening"))
    who = next(iter(door._conversations))

    await door.push(who, (Reply("Are you thinking about killing yourself?", speaker="desk"),), None)
    await door.hear(message("yes"))

    assert person.levels[-1] >= Level.HIGH and person.said == ["evening", "yes"]


async def test_a_yes_to_anything_else_does_not(tmp_path: Path) -> None:
    """A yes to another question of the responder's is a yes and no more."""
    person = FakePerson(now="live")
    door = edge(tmp_path, person=person)
    await door.hear(message("evening"))
    who = next(iter(door._conversations))

    await door.push(who, (Reply("Did you get some sleep?", speaker="desk"),), None)
    await door.hear(message("yes"))

    assert person.levels[-1] < Level.HIGH


async def test_contact_details_never_reach_the_assistant(tmp_path: Path) -> None:
    """From the consent on the officer's words go to the referral; a crisis in them is answered first all the same."""
    _, public = new_provider_keys()
    endpoint = Endpoint("referral/peers", "webhook", "https://peers.example.org", ("x",))
    peers = Partner("peers", "Peer Team", "peers", public, "a phone number", "two days", endpoint)
    store = Receipts(tmp_path / "referral.db")
    assistant = FakeAssistant()
    parts = edge_parts(tmp_path, assistant=assistant)
    door = Edge(replace(parts, referral=ReferralSide(Partners((peers,)), lambda: store, WORDING)))
    await door.hear(message("", "/referral_to:peers"))
    await door.hear(message("", "/referral_go"))

    crisis = await door.hear(message("I am going to shoot myself tonight"))
    shown = await door.hear(message("Sam, (212) 555-0142"))
    sent = await door.hear(message("", "/referral_send"))

    assert crisis.reply_kind is ReplyKind.CRISIS
    assert "(212) 555-0142" in texts(shown.replies)
    assert "receipt code" in texts(sent.replies)
    assert assistant.heard == []
