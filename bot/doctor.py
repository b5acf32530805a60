"""
Checks an installation the way a careful operator would, and says what is wrong in plain words.
"""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import httpx

from bot import doctor_live, doctor_people
from bot.assistant import training
from bot.assistant.client import AssistantClient
from bot.channels.telegram_kept import lies_in_memory
from bot.crypto import keyring
from bot.errors import SidedoorError
from bot.probing import answers, local_url
from bot.settings import Settings
from bot.triage.layers import read_thresholds
from bot.triage.levels import ReplyKind
from bot.triage.lexicon import Triage
from bot.triage.scoring import artefact
from bot.wording import Wording

LEAST_FREE_BYTES = 200_000_000
PROBE = "I am going to kill myself tonight"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    well: bool
    what: str


async def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which a fault would matter."""
    findings = [
        *_crisis(),
        *_folder(settings),
        *_keys(settings),
        *_model(settings),
        *_levels(settings),
        *_disk(settings),
    ]
    findings += _edges(settings)
    for name, probe in _processes(settings):
        findings.append(await _process(name, probe))
    findings += [Finding(*found) async for found in doctor_people.findings(settings)]
    findings += [Finding(False, fault) for fault in await asyncio.to_thread(doctor_live.faults, settings)]
    return findings


def _crisis() -> Iterator[Finding]:
    try:
        verdict = Triage.load().judge(PROBE)
        answered = verdict.reply_kind is ReplyKind.CRISIS and "988" in Wording.load().say("utter_crisis").text
    except SidedoorError as error:
        yield Finding(False, f"a crisis would not be answered as written: {error}")
        return
    yield Finding(answered, "a crisis message is answered with the numbers")


def _folder(settings: Settings) -> Iterator[Finding]:
    if not settings.state_dir.is_dir():
        yield Finding(False, "the state folder is missing; `sidedoor keys create` makes it")
        return
    closed = stat.S_IMODE(settings.state_dir.stat().st_mode) & 0o077 == 0
    yield Finding(closed, "only its owner can read the state folder" if closed else "others can read the state folder")


def _keys(settings: Settings) -> Iterator[Finding]:
    for purpose in keyring.PURPOSES:
        try:
            keyring.Keyring(settings.keys_dir, (purpose,))
            yield Finding(True, f"key for {purpose}")
        except SidedoorError as error:
            yield Finding(False, f"key for {purpose}: {error}")


def _model(settings: Settings) -> Iterator[Finding]:
    stale = training.needs_training(settings)
    yield Finding(
        not stale,
        "the model is not trained on the current sources; `sidedoor train`" if stale else "the model is current",
    )


def _levels(settings: Settings) -> Iterator[Finding]:
    missing = artefact.needs_building(settings.model_dir) or not artefact.LEARNT.exists()
    alone = "the scorer of levels is missing, so the lexicon judges alone; `sidedoor train` builds it"
    yield Finding(not missing, alone if missing else "the scorer of levels is there")
    try:
        yield Finding(bool(read_thresholds().lines), "the scorer's thresholds can be read")
    except SidedoorError as error:
        yield Finding(False, f"the scorer raises nothing: {error}")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.state_dir if settings.state_dir.is_dir() else settings.state_dir.parent
    free = shutil.disk_usage(folder).free
    yield Finding(free > LEAST_FREE_BYTES, f"{free // 1_000_000} MB free where conversations are kept")


def _edges(settings: Settings) -> Iterator[Finding]:
    """Several of them need Telegram to be of use, a port each, and a place in memory to agree on whose a chat is."""
    if settings.edges == 1:
        return
    if settings.telegram_mode == "off":
        yield Finding(False, "SIDEDOOR_EDGES is above 1 and Telegram is off: the web chat uses the first edge alone")
    try:
        yield Finding(bool(settings.edge_ports), f"{settings.edges} edges have a port each")
    except SidedoorError as error:
        yield Finding(False, str(error))
    try:
        shared = lies_in_memory(settings.memory_dir)
    except OSError:
        shared = False
    apart = (
        "SIDEDOOR_MEMORY_DIR is not in memory: chats change their edge, and are forgotten, whenever one comes or goes"
    )
    yield Finding(shared, "the edges agree in memory on whose a chat is" if shared else apart)


def _processes(settings: Settings) -> Iterator[tuple[str, Callable[[], Awaitable[bool]]]]:
    for number in range(settings.edges):
        url = local_url(settings.edge_host, settings.edge_port + number)
        yield f"edge {number + 1}" if number else "edge", partial(answers, url)
    yield "assistant", AssistantClient(settings.assistant_socket).ready
    yield "desk", lambda: answers(local_url(settings.desk_host, settings.desk_port))


async def _process(name: str, probe: Callable[[], Awaitable[bool]]) -> Finding:
    try:
        up = await probe()
    except (OSError, httpx.HTTPError):
        up = False
    return Finding(up, f"the {name} answers" if up else f"the {name} does not answer; is `sidedoor run` running?")
