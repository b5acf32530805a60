"""
Starts Sidedoor on one machine: keys, model, the three processes, and what the person who started it has to know.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot import wiring
from bot.assistant import training
from bot.assistant.client import AssistantAnswer, AssistantClient, Notes
from bot.channels.inbound import Answer, Edge, Incoming
from bot.channels.terminal import Terminal, standard_streams
from bot.desk import accounts
from bot.privacy.pseudonyms import Pseudonym
from bot.privacy.redaction import RedactedText
from bot.probing import answers, local_url
from bot.settings import Settings
from bot.supervisor import Child, Supervisor
from bot.triage.levels import Level, ReplyKind
from bot.triage.scoring import artefact
from bot.wiring import Assistant, EdgeParts

ASSISTANT_START_SECONDS = 180.0  # Rasa's imports alone take 20 s on a small machine
START_SECONDS = 20.0
SECONDS_TO_READY = 300.0


def command(name: str, *arguments: str) -> Sequence[str]:
    """How one of our own processes is started."""
    return (sys.executable, "-m", "bot", name, *arguments)


def edge_children(settings: Settings) -> list[Child]:
    """The officers' port, and those of the edges beside it; each has to be back within a second."""
    return [_edge_child(settings, port) for port in settings.edge_ports]


def _edge_child(settings: Settings, port: int) -> Child:
    url = local_url(settings.edge_host, port)
    return Child("edge", command("serve", "--port", str(port)), lambda: answers(url), START_SECONDS)


def desk_child(settings: Settings) -> Child:
    """The responders' port."""
    url = local_url(settings.desk_host, settings.desk_port)
    return Child("desk", command("desk"), lambda: answers(url), START_SECONDS)


def assistant_child(settings: Settings) -> Child:
    """Rasa; slow to start, and the only one that needs a model."""
    client = AssistantClient(settings.assistant_socket)
    return Child("assistant", command("assistant"), client.alive, ASSISTANT_START_SECONDS)


async def run(settings: Settings, console: Console) -> int:
    """Runs all three until SIGINT or SIGTERM; returns the exit code."""
    stop = _stop_event()
    first, *more = edge_children(settings)
    wiring.prepare(settings)
    supervisor = Supervisor(settings.environment())
    edge = supervisor.start(first)  # before anything that takes time: it answers crises
    account = await asyncio.to_thread(accounts.first_account, settings.desk_db)
    desk = supervisor.start(desk_child(settings))
    _greet(settings, account, console)
    starting = asyncio.create_task(_start_others(settings, supervisor, (edge, desk), more, console))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set() or not starting.result():
            return 0 if stop.is_set() else 1
        await stopping
        return 0
    finally:
        console.print("Stopping.")
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await supervisor.stop()
        settings.assistant_socket.unlink(missing_ok=True)


async def _start_others(
    settings: Settings, supervisor: Supervisor, started: Sequence[Child], more: Sequence[Child], console: Console
) -> bool:
    """The edges beside the first one, when that answers, and the assistant."""
    if more:
        await started[0].until_up(START_SECONDS)  # they would only take its second from it
    edges = [supervisor.start(child) for child in more]
    return await _start_assistant(settings, supervisor, (*started, *edges), console)


async def _start_assistant(
    settings: Settings, supervisor: Supervisor, others: Sequence[Child], console: Console
) -> bool:
    """Trains first where that is needed; False when it failed. Says when the house is whole."""
    if training.needs_training(settings):
        console.print("The model's sources changed, so it is trained now; crises are answered meanwhile.")
        if not await _train(settings, quiet=False):
            console.print("[red]The model could not be trained.[/red] `sidedoor train` shows where it failed.")
            return False
    supervisor.start(assistant_child(settings))
    if not all([await child.until_up(START_SECONDS) for child in others]):
        console.print("[red]The edge or the desk did not start; is its port taken?[/red] sidedoor doctor tells more.")
    with console.status("The assistant is loading; crises are answered already."):
        ready = await until_ready(AssistantClient(settings.assistant_socket), SECONDS_TO_READY)
    console.print("Ready." if ready else "[red]The assistant does not get ready.[/red] sidedoor doctor tells more.")
    return True


@asynccontextmanager
async def assistant_beside(settings: Settings, *, quiet: bool) -> AsyncIterator[asyncio.Task[bool]]:
    """
    For ``sidedoor shell``: uses the assistant that runs on this state folder, or starts one and ends it afterwards.

    Yields a task that is done when the assistant answers.
    """
    client = AssistantClient(settings.assistant_socket)
    supervisor = Supervisor(settings.environment())

    async def start() -> bool:
        if not await client.alive():
            if training.needs_training(settings) and not await _train(settings, quiet=quiet):
                return False
            supervisor.start(assistant_child(settings))
        return await until_ready(client, SECONDS_TO_READY)

    started = asyncio.create_task(start())
    try:
        yield started
    finally:
        started.cancel()
        await supervisor.stop()


async def shell(settings: Settings, *, json_lines: bool) -> None:
    """A conversation in this terminal; a crisis is answered at once, anything else waits for the assistant to load."""
    wiring.prepare(settings)
    source, target = standard_streams()
    async with assistant_beside(settings, quiet=json_lines) as started:
        process = wiring.edge(settings)
        whole = process.start_scorer(head_start=0)
        edge = _WholeEdge(replace(process.parts, assistant=_Patient(process.parts.assistant, started)), whole, started)
        process.on_push(edge.push)
        background = asyncio.create_task(process.run())
        terminal = Terminal(edge)
        try:
            await (terminal.json_lines if json_lines else terminal.by_hand)(source, target)
        finally:
            background.cancel()
            await asyncio.gather(background, return_exceptions=True)


class _WholeEdge(Edge):
    """For one person at a terminal: what the lexicon alone would not answer with the numbers waits for the scorer."""

    def __init__(self, parts: EdgeParts, whole: asyncio.Task[None], started: asyncio.Task[bool]) -> None:
        super().__init__(parts)
        self._judge_now = parts.triage.judge
        self._waits_for = (whole, started)

    async def hear(self, incoming: Incoming) -> Answer:
        """As on every channel; where the scorer cannot be had, the lexicon decides here too."""
        if self._judge_now(incoming.text).reply_kind is not ReplyKind.CRISIS:
            await asyncio.wait(self._waits_for, return_when=asyncio.FIRST_COMPLETED)
        return await super().hear(incoming)


class _Patient:
    """The assistant for one person at a terminal: the first message waits until it is loaded."""

    def __init__(self, assistant: Assistant, started: asyncio.Task[bool]) -> None:
        self._assistant = assistant
        self._started = started

    async def reply(
        self, who: Pseudonym, text: RedactedText, level: Level, *, choice: str | None = None, timeout: float
    ) -> AssistantAnswer:
        await asyncio.shield(self._started)
        return await self._assistant.reply(who, text, level, choice=choice, timeout=timeout)

    async def forget(self, who: Pseudonym) -> int:
        await asyncio.shield(self._started)
        return await self._assistant.forget(who)

    async def held(self, who: Pseudonym) -> Notes | None:
        await asyncio.shield(self._started)
        return await self._assistant.held(who)


def train(settings: Settings, console: Console, *, force: bool, quiet: bool) -> None:
    """Builds the encoder and trains what changed, with a progress bar where somebody looks."""
    artefact.build_apart(settings.model_dir)
    if not force and not training.needs_training(settings):
        if not quiet:
            console.print("The model is up to date.")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("training", total=1.0)
        training.train(settings, lambda stage, share: progress.update(task, description=stage, completed=share))


async def until_ready(client: AssistantClient, seconds: float) -> bool:
    """True as soon as the assistant can answer a message."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if await client.ready():
            return True
        await asyncio.sleep(0.2)
    return False


async def _train(settings: Settings, *, quiet: bool) -> bool:
    """In a process of its own, because training holds half a gigabyte that the supervisor does not want."""
    arguments = command("train", *(("--quiet",) if quiet else ()))
    process = await asyncio.create_subprocess_exec(
        *arguments, stdin=asyncio.subprocess.DEVNULL, env=settings.environment()
    )
    try:
        return await process.wait() == 0
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise


def _greet(settings: Settings, account: tuple[str, str] | None, console: Console) -> None:
    console.print(f"Officers:   {local_url(settings.edge_host, settings.edge_port, '/')}")
    console.print(f"Responders: {local_url(settings.desk_host, settings.desk_port, '/')}")
    if account:
        console.print(f"  sign in as [bold]{account[0]}[/bold] with [bold]{account[1]}[/bold] (shown this once)")
    else:
        console.print("  sign in with your account; `sidedoor desk-user reset NAME` makes a new password")
    console.print("Ctrl-C ends everything.")


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
