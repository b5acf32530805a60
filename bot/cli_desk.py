"""
The command ``sidedoor desk-user``: the accounts of the people on duty, the log of what was done, who is called.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.logs import lock_down
from bot.settings import Settings

console = Console(stderr=True)

desk_app = typer.Typer(help="The accounts of the people on duty, and who is called.", no_args_is_help=True)

State = Annotated[
    Path | None, typer.Option("--state", help="Folder for keys, databases and sockets.", show_default=".state")
]


@desk_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name the desk shows to colleagues.")],
    tier: Annotated[int, typer.Option(help="1 is called first, 2 after that, and so on.", min=1, max=9)] = 1,
    code: Annotated[bool, typer.Option("--code", help="Require a six-digit code beside the password.")] = False,
    state: State = None,
) -> None:
    """Make an account for a person on duty; its password is shown once."""
    settings = _settings(state)
    from bot.desk import accounts

    password = accounts.add(settings.desk_db, name, tier=tier)
    console.print(f"{name} signs in with [bold]{password}[/bold] (shown this once)")
    if code:
        _require_code(settings, name)


@desk_app.command("code")
def code(name: str, state: State = None) -> None:
    """Require a six-digit code from now on; the address for an authenticator is shown once."""
    _require_code(_settings(state), name)


@desk_app.command("list")
def listing(state: State = None) -> None:
    """List the accounts: tier, and what they sign in with."""
    settings = _settings(state)
    from bot.desk import accounts

    table = Table("name", "tier", "signs in with")
    for row in accounts.listing(settings.desk_db):
        table.add_row(row.name, str(row.tier), row.ways)
    console.print(table)


@desk_app.command("reset")
def reset(name: str, state: State = None) -> None:
    """Give an account a new password, shown once; it is signed out everywhere, its code and passkeys are gone."""
    settings = _settings(state)
    from bot.desk import accounts

    console.print(f"{name} signs in with [bold]{accounts.reset(settings.desk_db, name)}[/bold] (shown this once)")


@desk_app.command("remove")
def remove(name: str, state: State = None) -> None:
    """Remove an account; it is signed out everywhere."""
    settings = _settings(state)
    from bot.desk import accounts

    accounts.remove(settings.desk_db, name)


@desk_app.command("log")
def log(
    verify: Annotated[bool, typer.Option("--verify", help="Only say whether the chain is whole.")] = False,
    state: State = None,
) -> None:
    """Show what operators and responders did. Each entry is bound to the one before; a change is found."""
    settings = _settings(state)
    from bot.desk import audit
    from bot.desk.database import DeskDatabase

    with DeskDatabase(settings.desk_db) as database:
        broken, entries = audit.broken_at(database), audit.entries(database)
    if not verify:
        table = Table("when", "who", "what", "about")
        for entry in entries:
            table.add_row(*entry)
        console.print(table)
    if broken is not None:
        console.print(f"[red]The log was changed: entry {broken} does not follow from the ones before it.[/red]")
        sys.exit(1)
    console.print(f"{len(entries)} entries, the chain is whole")


@desk_app.command("check")
def check() -> None:
    """Read the file that says who is called, and report every fault: file, line, field."""
    settings = Settings.load()
    from bot.handoff import duty

    found = duty.of(settings)
    table = Table("tier", "seconds", "people", "hours", "told by", "open now")
    for number, tier in enumerate(found.tiers, start=1):
        told = ", ".join(endpoint.kind for endpoint in tier.endpoints) or "the desk's page"
        people = ", ".join(sorted(tier.people)) or f"accounts of tier {number}"
        hours = f"{len(tier.hours)} rules" if tier.hours else "always"
        table.add_row(tier.name, f"{tier.seconds:g}", people, hours, told, "yes" if found.open(number) else "no")
    console.print(table)


@desk_app.command("letters")
def letters(
    again: Annotated[bool, typer.Option("--again", help="Try all of them once more.")] = False, state: State = None
) -> None:
    """List what could not be told to the people on duty: the way, how often it was tried, the last answer."""
    settings = _settings(state)
    from bot import wiring

    outbox = wiring.desk(settings).mailbox.post.outbox
    table = Table("what", "way", "tries", "last answer", "minutes ago")
    for letter in outbox.dead():
        table.add_row(letter.kind, letter.endpoint, str(letter.tries), letter.word, f"{letter.age / 60:.0f}")
        if again:
            outbox.again(letter.id)
    console.print(table)


def _require_code(settings: Settings, name: str) -> None:
    from bot import wiring
    from bot.crypto.keyring import Keyring
    from bot.desk import accounts

    wiring.prepare(settings, wiring.DESK_KEYS)
    keyring = Keyring.of(settings, ("desk_sessions",))
    address = accounts.require_code(settings.desk_db, name, keyring.sealer("desk_sessions"))
    console.print(f"for {name}'s authenticator (shown this once): {address}", soft_wrap=True, highlight=False)


def _settings(state: Path | None) -> Settings:
    settings = Settings.load(state_dir=state)
    lock_down("ERROR" if settings.log_level == "INFO" else settings.log_level, "cli")
    return settings
