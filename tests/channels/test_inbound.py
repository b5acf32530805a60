"""The way of a message through the edge, with the other processes up, slow, hung or dead."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.inbound import Incoming
from bot.triage.levels import Level, ReplyKind
from bot.wording import Reply
from tests.channels.builders import Clock, FakeAssistant, FakePerson, edge, edge_parts, texts

CRISIS = "I am going to shoot myself tonight"


def message(text: str = "", choice: str | None = None, sender: str = "officer-1") -> Incoming:
    return Incoming("terminal", sender, text, choice)


async def test_first_words_say_what_this_is(tmp_path: Path) -> None:
    """The first answer says that this is software, before anything else."""
    answer = await edge(tmp_path).hear(message("hi"))

    assert "software" in answer.replies[0].text
    assert answer.replies[1].text == "from the assistant"


async def test_first_words_come_once(tmp_path: Path) -> None:
    """Who was told is not told again with every message."""
    door = edge(tmp_path)
    door.open("terminal", "officer-1")

    answer = await door.hear(message("hi"))

    assert texts(answer.replies) == "from the assistant"


async def test_crisis_comes_before_the_first_words(tmp_path: Path) -> None:
    """In a crisis the numbers stand first, and what this is comes after."""
    answer = await edge(tmp_path).hear(message(CRISIS))

    assert answer.reply_kind is ReplyKind.CRISIS
    assert "988" in answer.replies[0].text
    assert "software" in texts(answer.replies)


async def test_crisis_never_reaches_the_assistant(tmp_path: Path) -> None:
    """A crisis is answered without redaction, Rasa or any store."""
    assistant = FakeAssistant()

    await edge(tmp_path, assistant=assistant, redact=None).hear(message(CRISIS))

    assert assistant.heard == []


@pytest.mark.parametrize(
    "broken", [{"assistant": FakeAssistant(hangs=True)}, {"person": FakePerson(breaks=True)}, {"redact": None}]
)
async def test_crisis_is_answered_whatever_breaks(tmp_path: Path, broken: dict) -> None:
    """Each part broken by itself, a crisis still gets the numbers."""
    answer = await edge(tmp_path, **broken).hear(message(CRISIS))

    assert answer.reply_kind is ReplyKind.CRISIS
    assert "988" in answer.replies[0].text


@pytest.mark.parametrize(
    "broken", [{"assistant": FakeAssistant(away=True)}, {"person": FakePerson(breaks=True)}, {"redact": None}]
)
async def test_broken_part_gets_an_honest_line(tmp_path: Path, broken: dict) -> None:
    """Each part broken by itself, an ordinary message gets the honest line and the lines to call."""
    answer = await edge(tmp_path, **broken).hear(message("what is an EAP"))

    assert answer.reply_kind is ReplyKind.NORMAL
    assert "988" in texts(answer.replies)


async def test_broken_pseudonyms_still_answer(tmp_path: Path) -> None:
    """With no key to make a pseudonym, a crisis gets the numbers and anything else the honest line."""
    door = edge(tmp_path, pseudonyms=None)

    crisis, other = await door.hear(message(CRISIS)), await door.hear(message("hello"))

    assert (crisis.reply_kind, other.reply_kind) == (ReplyKind.CRISIS, ReplyKind.NORMAL)


async def test_a_crisis_does_not_wait_behind_a_slow_turn(tmp_path: Path) -> None:
    """While an earlier message hangs in the assistant, a crisis is answered at once."""
    door = edge(tmp_path, assistant=FakeAssistant(hangs=True), patience=30.0)
    slow = asyncio.create_task(door.hear(message("what is an EAP")))
    await asyncio.sleep(0.05)

    answer = await asyncio.wait_for(door.hear(message(CRISIS)), 1)

    assert answer.reply_kind is ReplyKind.CRISIS
    slow.cancel()


async def test_only_redacted_text_goes_on(tmp_path: Path) -> None:
    """What reaches the assistant went through redaction and carries a pseudonym, not the sender."""
    assistant = FakeAssistant()

    await edge(tmp_path, assistant=assistant).hear(message("my badge is 4412"))

    ((who, text, _, _),) = assistant.heard
    assert text == "my badge is ####"
    assert "officer" not in who and len(who) == 32


@pytest.mark.parametrize("text", ['/ask_gun{"option": "eap"}', "/restart", "///x", " /session_start"])
async def test_slash_is_taken_off(tmp_path: Path, text: str) -> None:
    """Typed text that starts with a slash cannot become an intent."""
    assistant = FakeAssistant()

    await edge(tmp_path, assistant=assistant).hear(message(text))

    assert not assistant.heard[0][1].startswith("/")
    assert assistant.heard[0][3] is None


@pytest.mark.parametrize(
    "text",
    [
        "/forget",
        "Delete everything.",
        "forget me",
        "WIPE IT ALL",
        "Get rid of everything you have on me",
        "Don't keep any of this.",
        "¡Bórralo todo!",
    ],
)
async def test_erase_in_many_words(tmp_path: Path, text: str) -> None:
    """Asked to forget, every store is erased and the officer is told."""
    assistant, person = FakeAssistant(), FakePerson()

    answer = await edge(tmp_path, assistant=assistant, person=person).hear(message(text))

    assert answer.erased
    assert assistant.forgotten == person.forgotten != []


async def test_erase_when_the_assistant_asks(tmp_path: Path) -> None:
    """Asked in words that only the assistant understands, the same is erased."""
    assistant = FakeAssistant(signals=("forget",))

    answer = await edge(tmp_path, assistant=assistant).hear(message("could you please lose all of this"))

    assert answer.erased and len(assistant.forgotten) == 1


async def test_what_only_the_assistant_understands_is_asked_about(tmp_path: Path) -> None:
    """When understanding finds what triage did not, the officer is asked, and an unclear answer brings the numbers."""
    door = edge(tmp_path, assistant=FakeAssistant(signals=("check_in",)))
    door.open("terminal", "officer-1")

    asked = await door.hear(message("words that no list has"))
    unclear = await door.hear(message("why do you want to know"))

    assert asked.reply_kind is ReplyKind.CHECK_IN and "killing yourself" in texts(asked.replies)
    assert unclear.reply_kind is ReplyKind.CRISIS


async def test_erase_is_finished_later(tmp_path: Path) -> None:
    """What cannot be erased now because the assistant is away is erased when it is back, and the officer is told so."""
    assistant = FakeAssistant(away=True)
    door = edge(tmp_path, assistant=assistant)
    answer = await door.hear(message("delete everything"))
    assistant.away = False

    await door.sweep(3600, 86400)

    assert answer.erased and len(assistant.forgotten) == 1


async def test_while_a_person_is_there_the_assistant_is_silent(tmp_path: Path) -> None:
    """In a live handoff the words go to the person as typed and to nobody else."""
    assistant, person = FakeAssistant(), FakePerson(now="live")

    await edge(tmp_path, assistant=assistant, person=person).hear(message("my badge is 4412"))

    assert person.said == ["my badge is 4412"]
    assert assistant.heard == []


async def test_triage_watches_while_a_person_is_there(tmp_path: Path) -> None:
    """What the officer writes to a person is judged too, and raises what the person sees of the level."""
    person = FakePerson(now="live")

    await edge(tmp_path, person=person).hear(message(CRISIS))

    assert person.said == [CRISIS]
    assert person.levels[-1] is Level.IMMINENT


async def test_a_no_to_a_person_reaches_the_person(tmp_path: Path) -> None:
    """A no that is said while a person is there goes to that person, also when the check-in's question is still open."""
    assistant, person = FakeAssistant(), FakePerson()
    door = edge(tmp_path, assistant=assistant, person=person)
    asked = await door.hear(message("i can't do this anymore"))
    person.now = "live"

    await door.hear(message("no"))

    assert asked.reply_kind is ReplyKind.CHECK_IN
    assert person.said == ["no"]
    assert assistant.heard == []


async def test_long_talk_with_a_person_stays_reachable(tmp_path: Path) -> None:
    """Somebody who only talks to a person can still be reached after the idle time has passed since anything else."""
    parts = edge_parts(tmp_path, person=FakePerson(now="live"))
    door = edge(tmp_path, **{n: getattr(parts, n) for n in ("pseudonyms", "address_book", "person")})

    await door.hear(message("are you there"))

    assert parts.address_book.find(parts.pseudonyms.of("terminal", "officer-1")) is not None


async def test_person_is_offered_without_the_assistant(tmp_path: Path) -> None:
    """A person can be asked for while the assistant is dead."""
    answer = await edge(tmp_path, assistant=FakeAssistant(away=True)).hear(message(choice="/person"))

    assert "a person?" in texts(answer.replies)


async def test_push_finds_the_way_back(tmp_path: Path) -> None:
    """What a responder says reaches the sender it belongs to."""
    parts = edge_parts(tmp_path)
    door = edge(tmp_path, **{n: getattr(parts, n) for n in ("pseudonyms", "address_book")})
    got: list[tuple[str, str]] = []

    async def push(sender, replies, status) -> None:
        got.append((sender, texts(replies)))

    door.subscribe("terminal", push)
    await door.hear(message("hello"))

    await door.push(parts.pseudonyms.of("terminal", "officer-1"), (Reply("I am here", speaker="desk"),), None)

    assert got == [("officer-1", "I am here")]


async def test_crisis_can_be_reached_back(tmp_path: Path) -> None:
    """Somebody whose first message was a crisis can be reached by a responder."""
    parts = edge_parts(tmp_path)
    door = edge(tmp_path, **{n: getattr(parts, n) for n in ("pseudonyms", "address_book")})

    await door.hear(message(CRISIS))
    await door.hear(message(choice="/person"))

    assert parts.address_book.find(parts.pseudonyms.of("terminal", "officer-1")) == ("terminal", "officer-1")


async def test_idle_conversation_is_forgotten(tmp_path: Path) -> None:
    """After the idle time nothing of a conversation is left in memory: the first words come again."""
    clock = Clock()
    door = edge(tmp_path, clock=clock)
    await door.hear(message("hello"))
    clock.now = 3601

    await door.sweep(3600, 86400)

    assert "software" in (await door.hear(message("hello"))).replies[0].text


async def test_level_stays_after_a_crisis(tmp_path: Path) -> None:
    """Once high, the level in force stays high within the conversation."""
    door = edge(tmp_path)
    await door.hear(message(CRISIS))

    answer = await door.hear(message("ok. who pays for the EAP"))

    assert answer.level >= Level.HIGH
    assert answer.reply_kind is ReplyKind.NORMAL


async def test_empty_and_huge_get_an_answer(tmp_path: Path) -> None:
    """A message with nothing in it, or too much, gets a line that says so."""
    door = edge(tmp_path)
    door.open("terminal", "officer-1")

    empty, huge = await door.hear(message("   ")), await door.hear(message("so it goes " * 5000))

    assert empty.replies and huge.replies
    assert texts(empty.replies) != texts(huge.replies)


async def test_crisis_in_a_huge_message(tmp_path: Path) -> None:
    """A message that is too long is still searched for a crisis, to its end."""
    answer = await edge(tmp_path).hear(message("so it goes. " * 5000 + CRISIS))

    assert answer.reply_kind is ReplyKind.CRISIS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_gets_an_answer(tmp_path: Path, text: str) -> None:
    """Whatever is typed, the edge does not raise and does not stay silent."""
    answer = asyncio.run(edge(tmp_path).hear(message(text)))

    assert answer.replies


async def test_who_comes_back_gets_the_numbers_again(tmp_path: Path) -> None:
    """After a crisis, an officer who comes back with a code sees the numbers first; otherwise only a welcome."""
    door = edge(tmp_path)
    calm = door.back("web", "officer-1")
    await door.hear(message(CRISIS))
    back = door.back("terminal", "officer-1")

    assert calm.reply_kind is ReplyKind.NORMAL and "back" in texts(calm.replies)
    assert back.reply_kind is ReplyKind.CRISIS and "988" in back.replies[0].text
    assert back.level >= Level.HIGH


async def test_a_crisis_of_their_own_is_answered_whole(tmp_path: Path) -> None:
    """Who wrote about a colleague in danger, and then about themselves, gets the whole text again, not the short one."""
    door = edge(tmp_path)
    await door.hear(message("my partner texted me goodbye and he has his gun with him"))

    answer = await door.hear(message("I want to kill myself"))

    assert "cannot see who or where you are" in texts(answer.replies)
    again = await door.hear(message("I want to kill myself"))
    assert "I am still software" in texts(again.replies)
