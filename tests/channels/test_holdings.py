"""What an officer is told about what is held is what the stores hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.assistant.client import Notes
from bot.channels.inbound import Edge, Incoming
from bot.crypto.keyring import Keyring, rotate
from bot.crypto.sealing import new_provider_keys
from bot.handoff.duty import Endpoint
from bot.privacy.address_book import AddressBook
from bot.privacy.pseudonyms import Pseudonyms
from bot.referral.officer import ReferralSide
from bot.referral.partners import Partner, Partners
from bot.referral.receipts import Receipts
from bot.wiring import EDGE_KEYS
from tests.channels.builders import FakeAssistant, FakePerson, edge, edge_parts, texts
from tests.handoff.builders import WORDING

ASKED = Incoming("web", "s", choice="/held")


async def told(edge: Edge, incoming: Incoming = ASKED) -> str:
    return texts((await edge.hear(incoming)).replies)


async def test_counts_come_from_the_store(tmp_path: Path) -> None:
    """How many messages there are notes of, and how many facts, is what the assistant counts, not a fixed sentence."""
    said = await told(edge(tmp_path, assistant=FakeAssistant(notes=Notes(turns=3, facts=2, minutes_left=55))))

    assert "your last 3 messages" in said and "talk about: 2" in said


async def test_one_is_not_several(tmp_path: Path) -> None:
    """One message is told of as one, and the last minute as no more than two."""
    said = await told(edge(tmp_path, assistant=FakeAssistant(notes=Notes(turns=1, facts=0, minutes_left=1))))
    parts = edge_parts(tmp_path / "2")
    clock = [0.0]
    book = AddressBook(Keyring(tmp_path / "2/keys", EDGE_KEYS).sealer("address_book"), idle=30, clock=lambda: clock[0])

    late = await told(Edge(replace(parts, address_book=book)))

    assert "notes of your last message" in said
    assert "gone in 2 minutes" in late


async def test_nothing_is_said_to_be_there_that_is_not(tmp_path: Path) -> None:
    """Where there are no notes, none are told of."""
    said = await told(edge(tmp_path))

    assert "No notes of this chat." in said and "Sealed notes" not in said


async def test_what_cannot_be_counted_is_not_denied(tmp_path: Path) -> None:
    """While the assistant is away the answer says that notes may be there, instead of saying that there are none."""
    said = await told(edge(tmp_path, assistant=FakeAssistant(away=True)))

    assert "Maybe sealed notes" in said and "No notes" not in said


@pytest.mark.parametrize("phase", ["offered", "waiting", "live"])
async def test_the_people_on_duty_are_named_when_they_have_something(tmp_path: Path, phase: str) -> None:
    """Whoever waits for a person or writes with one is told what that person's side holds."""
    assert "on duty" in await told(edge(tmp_path, person=FakePerson(now=phase))) or phase == "live"
    assert "on duty" not in await told(edge(tmp_path / "2"))
    if phase == "live":
        assert "the person you write with" in await told(edge(tmp_path / "3", person=FakePerson(now=phase)))


async def test_the_time_left_is_the_longest(tmp_path: Path) -> None:
    """The minutes are those after which the last of it is gone."""
    clock = [0.0]
    parts = edge_parts(tmp_path)
    book = AddressBook(Keyring(tmp_path / "keys", EDGE_KEYS).sealer("address_book"), idle=600, clock=lambda: clock[0])

    said = await told(Edge(replace(parts, address_book=book)))
    later = await told(Edge(replace(parts, address_book=book, assistant=FakeAssistant(notes=Notes(1, 0, 42)))))

    assert "gone in 10 minutes" in said
    assert "gone in 42 minutes" in later


async def test_no_content_is_shown(tmp_path: Path) -> None:
    """The answer holds counts and kinds; what the officer wrote, and their number, is not in it."""
    house = edge(tmp_path, assistant=FakeAssistant(notes=Notes(1, 0, 5)))
    await house.hear(Incoming("telegram", "77341555", text="my badge is 77341"))

    said = await told(house, Incoming("telegram", "77341555", choice="/held"))

    assert "77341" not in said


@pytest.mark.parametrize("words", ["/held", "what do you hold about me right now?", "What do you have on me"])
async def test_it_can_be_typed(tmp_path: Path, words: str) -> None:
    """The command and the plain question work without the assistant."""
    said = await told(edge(tmp_path, assistant=FakeAssistant(away=True)), Incoming("terminal", "t", text=words))

    assert "What this service holds about you" in said


async def test_the_assistant_can_ask_for_it(tmp_path: Path) -> None:
    """Said in any words that the assistant understands, it is answered from the stores all the same."""
    said = await told(
        edge(tmp_path, assistant=FakeAssistant(signals=("held",))), Incoming("web", "s", text="open the book")
    )

    assert "What this service holds about you" in said


async def test_a_letter_to_a_provider_is_told_of(tmp_path: Path) -> None:
    """Contact details that wait to be sent are named, those already sent are not denied, and erasing says what it leaves."""
    _, public = new_provider_keys()
    endpoint = Endpoint("referral/peers", "webhook", "https://peers.example.org", ("x",))
    peers = Partner("peers", "Peer Team", "peers", public, "a phone number", "two days", endpoint)
    receipts = Receipts(tmp_path / "referral.db")
    referral = ReferralSide(Partners((peers,)), lambda: receipts, WORDING)
    house = Edge(replace(edge_parts(tmp_path), referral=referral))

    before = await told(house)
    for step in (replace(ASKED, choice="/referral_to:peers"), replace(ASKED, choice="/referral_go")):
        await house.hear(step)
    await house.hear(Incoming("web", "s", text="Sam, (212) 555-0142"))
    during = await told(house)
    erased = texts((await house.forget("web", "s")).replies)

    assert "your contact details, sealed" not in before and "If you sent contact details" in before
    assert "your contact details, sealed" in during and "555-0142" not in during
    assert "receipt code" in erased
    assert "your contact details, sealed" not in await told(house)


async def test_erasing_says_what_was_there(tmp_path: Path) -> None:
    """What was erased is named by kind, and what was not there is not named."""
    house = edge(tmp_path)
    await house.hear(Incoming("web", "s", text="hello"))

    first = texts((await house.forget("web", "s")).replies)

    assert "my sealed notes" in first and "the way back to you" in first and "how urgent it sounded" in first
    assert "people on duty" not in first


async def test_erasing_nothing_says_so(tmp_path: Path) -> None:
    """Where nothing was held, nothing is said to be erased."""

    class Empty(FakeAssistant):
        async def forget(self, who) -> int:
            return 0

    said = texts((await edge(tmp_path, assistant=Empty()).forget("web", "s")).replies)

    assert "nothing was held" in said and "sealed notes" not in said


async def test_erasing_reaches_what_an_older_key_named(tmp_path: Path) -> None:
    """After a key rotation and a restart, what lies under the older made-up code is erased, too."""
    assistant = FakeAssistant()
    parts = edge_parts(tmp_path, assistant=assistant)
    before = parts.pseudonyms.of("web", "s")
    rotate(tmp_path / "keys", "pseudonyms")
    fresh = Pseudonyms(Keyring(tmp_path / "keys", EDGE_KEYS))

    await Edge(replace(parts, pseudonyms=fresh)).forget("web", "s")

    assert before in assistant.forgotten and fresh.of("web", "s") in assistant.forgotten


async def test_too_long_is_not_passed_on(tmp_path: Path) -> None:
    """A text that is longer than the limit goes no further than the edge, and no note of it is made."""
    assistant = FakeAssistant()
    house = edge(tmp_path, assistant=assistant)

    said = texts((await house.hear(Incoming("web", "s", text="word " * 2_500))).replies)

    assert "I have not kept it" in said
    assert assistant.heard == []
