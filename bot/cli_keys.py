"""
The command ``sidedoor keys``: for the operator who makes, rotates and forgets what everything is sealed with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.errors import KeyFileError
from bot.logs import lock_down
from bot.settings import Settings

console = Console(stderr=True)

keys_app = typer.Typer(
    help="Make, list, rotate and forget the keys. Forgetting a key makes what it sealed unreadable.",
    no_args_is_help=True,
)

State = Annotated[
    Path | None, typer.Option("--state", help="Folder for keys, databases and sockets.", show_default=".state")
]
Purpose = Annotated[str, typer.Argument(help="As `sidedoor keys status` lists it, or `all`.")]


@keys_app.command("create")
def create(state: State = None) -> None:
    """Make the keys that are missing."""
    settings = _settings(state)
    from bot import wiring
    from bot.crypto import keyring

    wiring.prepare(settings)
    console.print(", ".join(row.purpose for row in keyring.status(settings.keys_dir)))


@keys_app.command("status")
def status(state: State = None) -> None:
    """List the keys: purpose, id, age; never the key itself."""
    from bot.crypto import keyring

    table = Table("purpose", "id", "created", "state")
    for row in keyring.status(_settings(state).keys_dir):
        table.add_row(row.purpose, row.id, f"{row.created:%Y-%m-%d %H:%M}", row.state)
    console.print(table)


@keys_app.command("rotate")
def rotate(purpose: Purpose, state: State = None) -> None:
    """
    Add a newer key. Running processes take it up within half a minute, and no conversation is lost.

    Older keys go on opening what they sealed until they are forgotten; after a day nothing needs them any more.
    """
    settings = _settings(state)
    from bot.crypto import keyring

    for name in keyring.PURPOSES if purpose == "all" else (purpose,):
        console.print(f"{name}: {keyring.rotate(settings.keys_dir, name)} writes from now on")


@keys_app.command("forget")
def forget(
    purpose: Purpose,
    which: Annotated[str, typer.Argument(help="A key's id, or `old` for all but the newest.")] = "old",
    state: State = None,
) -> None:
    """Destroy keys. What they sealed can never be read again."""
    settings = _settings(state)
    from bot.crypto import keyring

    if purpose == "all" and which != "old":
        raise KeyFileError("an id belongs to one purpose; with `all` there is only `old`")
    for name in keyring.PURPOSES if purpose == "all" else (purpose,):
        console.print(f"{name}: {len(keyring.forget(settings.keys_dir, name, which))} forgotten")


@keys_app.command("export")
def export(
    purposes: Annotated[list[str], typer.Argument(help="Those of one process: tracker, say, for the assistant.")],
    state: State = None,
) -> None:
    """Print keys as SIDEDOOR_KEYS wants them, for a store of secrets. Who reads this can open what they seal."""
    from bot.crypto import keyring

    typer.echo(keyring.as_text(_settings(state).keys_dir, purposes))


def _settings(state: Path | None) -> Settings:
    settings = Settings.load(state_dir=state)
    lock_down("ERROR" if settings.log_level == "INFO" else settings.log_level, "cli")
    return settings
