"""The promises of the sealed tracker store, on real files with real keys."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.tracker_store.rows import Rows
from bot.assistant.tracker_store.store import BLOCK, SealedTrackerStore
from bot.crypto.sealing import Sealer, new_key
from bot.database.engine import open_engine, sqlite_file
from bot.errors import StoreError

WHO = "c0ffee" + "0" * 26
OTHER = "decade" + "0" * 26
CANARY = "Deputy Ozzie Quux"
DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [greet]
    slots:
      option: {type: text, influence_conversation: false, mappings: [{type: custom}]}
      requested_slot: {type: text, influence_conversation: false, mappings: [{type: custom}]}
    forms: {support_form: {required_slots: [option]}}
    """
)
MINUTE = 60.0


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000 * MINUTE

    def __call__(self) -> float:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += minutes * MINUTE


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([new_key()])


@pytest.fixture
def store(url: str, sealer: Sealer, clock: Clock) -> SealedTrackerStore:
    return build(url, sealer, clock)


def build(url: str, sealer: Sealer, clock: Clock, window_turns: int = 4) -> SealedTrackerStore:
    rows = Rows(url)
    store = SealedTrackerStore(sealer, rows, window_turns=window_turns, idle_minutes=60, lifetime_hours=24, clock=clock)
    store.domain = DOMAIN
    return store


async def turn(store: SealedTrackerStore, who: str = WHO, *outcome: Event) -> DialogueStateTracker:
    """One turn, as Rasa makes it: read, add what happened, write."""
    tracker = await store.get_or_create_tracker(who, append_action_listen=False)
    heard = UserUttered(CANARY, {"name": "greet"}, [])
    events = [heard, *outcome, ActionExecuted("utter_greet"), BotUttered(CANARY), ActionExecuted(ACTION_LISTEN_NAME)]
    tracker.update_with_events(events, DOMAIN)
    await store.save(tracker)
    return tracker


def sizes(url: str) -> set[int]:
    """The lengths of all sealed values."""
    with open_engine(url).connect() as connection:
        return set(connection.exec_driver_sql("SELECT length(sealed) FROM conversations").scalars())


def content(url: str) -> bytes:
    """What somebody finds who has the files, or who may read every row of the server."""
    path = sqlite_file(url)
    if path is not None:
        return b"".join(file.read_bytes() for file in path.parent.iterdir())
    with open_engine(url).connect() as connection:
        rows = connection.exec_driver_sql("SELECT who, gone_by, sealed FROM conversations").all()
    return b" ".join(part for who, gone_by, sealed in rows for part in (who.encode(), b"%d" % gone_by, bytes(sealed)))


async def test_a_conversation_goes_on(store: SealedTrackerStore) -> None:
    """The next message finds slots, form and turns of the one before."""
    await turn(store, WHO, SlotSet("option", "eap"), ActiveLoop("support_form"))

    found = await store.retrieve(WHO)

    assert found is not None
    assert found.get_slot("option") == "eap"
    assert found.active_loop_name == "support_form"
    assert found.latest_action_name == ACTION_LISTEN_NAME


async def test_it_goes_on_after_a_restart(url: str, sealer: Sealer, clock: Clock) -> None:
    """A restart of the process loses no conversation."""
    await turn(build(url, sealer, clock), WHO, SlotSet("option", "eap"))

    found = await build(url, sealer, clock).retrieve(WHO)

    assert found is not None
    assert found.get_slot("option") == "eap"


async def test_slots_outlive_the_window(store: SealedTrackerStore) -> None:
    """What was set forty turns ago is still set, though its turn has fallen out of the window."""
    await turn(store, WHO, SlotSet("option", "eap"), ActiveLoop("support_form"))
    for _ in range(40):
        await turn(store)

    found = await store.retrieve(WHO)

    assert found is not None
    assert found.get_slot("option") == "eap"
    assert found.active_loop_name == "support_form"
    assert sum(isinstance(event, UserUttered) for event in found.events) == 4


async def test_conversations_do_not_mix(store: SealedTrackerStore) -> None:
    """One person's slots are never another's."""
    await turn(store, WHO, SlotSet("option", "eap"))

    assert await store.retrieve(OTHER) is None


async def test_nothing_is_in_clear(store: SealedTrackerStore, url: str) -> None:
    """Neither words, nor intents, nor slots can be read in the files."""
    await turn(store, WHO, SlotSet("option", "chaplain"))

    found = content(url)
    assert WHO.encode() in found
    assert not any(word in found for word in (CANARY.encode(), b"greet", b"chaplain", b"user"))


async def test_every_row_has_the_same_size(store: SealedTrackerStore, url: str) -> None:
    """A row does not tell whether somebody said one word or talked for an hour."""
    await turn(store, OTHER)
    for number in range(30):
        await turn(store, WHO, SlotSet("option", f"option {number}" * 20))

    assert len(sizes(url)) == 1


async def test_oversized_slots_cost_turns_before_size(url: str, sealer: Sealer, clock: Clock) -> None:
    """Long values push older turns out; the row grows only where one turn alone does not fit."""
    store = build(url, sealer, clock, window_turns=12)
    for number in range(12):
        await turn(store, WHO, SlotSet("option", os.urandom(200).hex() + str(number)))
    small = sizes(url)

    await turn(store, WHO, SlotSet("option", os.urandom(BLOCK).hex()))

    assert max(small) < 2 * BLOCK
    found = await store.retrieve(WHO)
    assert found is not None
    assert len(found.get_slot("option")) == 2 * BLOCK


async def test_an_idle_conversation_is_gone_after_an_hour(store: SealedTrackerStore, clock: Clock) -> None:
    """After the idle time it cannot be read, and the sweep erases it."""
    await turn(store)
    clock.pass_minutes(59)
    assert await store.retrieve(WHO) is not None

    clock.pass_minutes(1)

    assert await store.retrieve(WHO) is None
    assert store.sweep() == 1
    assert list(await store.keys()) == []


async def test_any_conversation_is_gone_after_a_day(store: SealedTrackerStore, clock: Clock) -> None:
    """One that never rests ends after its lifetime all the same, and the next message begins anew."""
    await turn(store, WHO, SlotSet("option", "eap"))
    for _ in range(49):
        clock.pass_minutes(30)
        last = await turn(store)

    assert last.get_slot("option") is None


async def test_forgotten_means_erased(store: SealedTrackerStore, url: str) -> None:
    """After “forget me” nothing of the conversation is in the files, the pseudonym neither."""
    await turn(store)
    await turn(store, OTHER)

    assert store.forget(WHO) == 1

    assert WHO.encode() not in content(url)
    assert await store.retrieve(WHO) is None
    assert await store.retrieve(OTHER) is not None
    assert store.forget(WHO) == 0


async def test_a_running_turn_does_not_bring_it_back(store: SealedTrackerStore) -> None:
    """What was read before the erasure is not written after it; the next conversation is kept as usual."""
    await turn(store)
    running = await store.get_or_create_tracker(WHO)
    first = await store.get_or_create_tracker(OTHER)

    store.forget(WHO)
    store.forget(OTHER)
    await store.save(running)
    await store.save(first)

    assert list(await store.keys()) == []
    await turn(store)
    assert list(await store.keys()) == [WHO]


async def test_forgetting_from_another_thread(store: SealedTrackerStore) -> None:
    """An erasure asked for while many turns run leaves nothing behind."""
    threads = []
    for _ in range(20):
        tracker = await store.get_or_create_tracker(WHO)
        thread = threading.Thread(target=store.forget, args=(WHO,))
        thread.start()
        threads.append(thread)
        await store.save(tracker)
    for thread in threads:
        thread.join()

    await asyncio.sleep(0)
    assert store.forget(WHO) in (0, 1)
    assert list(await store.keys()) == []


async def test_a_lost_key_begins_a_new_conversation(url: str, clock: Clock) -> None:
    """What was sealed with a key that is gone cannot be read, and does not stand in the way."""
    await turn(build(url, Sealer([new_key()]), clock), WHO, SlotSet("option", "eap"))
    other = build(url, Sealer([new_key()]), clock)

    assert await other.retrieve(WHO) is None
    last = await turn(other)
    assert last.get_slot("option") is None
    assert await other.retrieve(WHO) is not None


async def test_a_rotated_key_loses_nothing(url: str, clock: Clock) -> None:
    """After a rotation older conversations go on, and are sealed with the new key from their next turn on."""
    old, new = new_key(), new_key()
    await turn(build(url, Sealer([old]), clock), WHO, SlotSet("option", "eap"))

    await turn(build(url, Sealer([new, old]), clock))

    found = await build(url, Sealer([new]), clock).retrieve(WHO)
    assert found is not None
    assert found.get_slot("option") == "eap"


async def test_a_row_cannot_be_moved(store: SealedTrackerStore, url: str) -> None:
    """A row that was copied to another person does not open there."""
    await turn(store, WHO, SlotSet("option", "eap"))
    await turn(store, OTHER)
    with open_engine(url).begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE conversations SET sealed = (SELECT sealed FROM conversations WHERE who = '{WHO}') WHERE who = '{OTHER}'"
        )

    assert await store.retrieve(OTHER) is None


async def test_held_tells_counts_and_names(store: SealedTrackerStore, clock: Clock) -> None:
    """“What do you hold?” is answered with how many turns, which slots, and for how long."""
    await turn(store)
    await turn(store, WHO, SlotSet("option", "eap"))
    clock.pass_minutes(10)

    held = store.held(WHO)

    assert held is not None
    assert (held.turns, held.slots, held.minutes_left) == (2, ("option",), 50)
    assert store.held(OTHER) is None


async def test_the_last_subject_is_told(store: SealedTrackerStore) -> None:
    """The name of the intent that was understood last, and nothing for who is not known or was forgotten."""
    assert store.subject(WHO) == ""
    await turn(store, WHO, SlotSet("option", "eap"))
    assert store.subject(WHO) == "greet"
    store.forget(WHO)
    assert store.subject(WHO) == ""


async def test_a_broken_store_is_an_error(tmp_path: Path, sealer: Sealer, clock: Clock) -> None:
    """Nothing falls back to memory: a message that cannot be kept is not answered as if it could."""
    store = build(f"sqlite:///{tmp_path}/missing/tracker.db", sealer, clock)

    with pytest.raises(StoreError):
        await turn(store)
    with pytest.raises(StoreError):
        store.check()


async def test_a_server_that_is_gone_is_an_error(sealer: Sealer, clock: Clock) -> None:
    """Without its server the store says so at once, instead of answering as if it could keep something."""
    store = build("postgresql://sidedoor@127.0.0.1:1/nowhere", sealer, clock)

    with pytest.raises(StoreError) as caught:
        store.check()

    assert "sidedoor@" not in str(caught.value)


async def test_times_in_clear_are_coarse(url: str, sealer: Sealer, clock: Clock) -> None:
    """The row tells when it ends in steps of five minutes, so it does not tell the minute in which somebody wrote."""
    store = build(url, sealer, clock)
    seen = set()
    for number in range(10):
        await turn(store, f"{number:032x}")
        clock.pass_minutes(1)
    with open_engine(url).connect() as connection:
        seen = set(connection.exec_driver_sql("SELECT gone_by FROM conversations").scalars())

    assert {minute % 5 for minute in seen} == {0}
    assert len(seen) == 2
    assert min(seen) > clock.now // MINUTE + 60 - 10 - 5


@pytest.mark.parametrize("idle", [1, 2, 7, 30, 60])
async def test_coarse_times_never_keep_longer(url: str, sealer: Sealer, clock: Clock, idle: int) -> None:
    """Whatever the operator sets, a conversation lives on to the next message and is gone when promised."""
    store = SealedTrackerStore(sealer, Rows(url), window_turns=4, idle_minutes=idle, lifetime_hours=24, clock=clock)
    store.domain = DOMAIN
    clock.pass_minutes(3)
    await turn(store)

    assert await store.retrieve(WHO) is not None
    clock.pass_minutes(idle)
    assert await store.retrieve(WHO) is None
    assert store.sweep() == 1
