"""
The command ``sidedoor referral``: for the providers who take referrals, and for the operator who lists them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.settings import Settings

console = Console(stderr=True)

referral_app = typer.Typer(help="Referrals to providers: keys, opening one, what came of them.", no_args_is_help=True)

State = Annotated[Path | None, typer.Option("--state", help="Folder of the state.", show_default=".state")]


@referral_app.command("keys")
def keys(
    target: Annotated[Path, typer.Argument(help="File for the private key; it must not exist yet.")],
) -> None:
    """For a provider, on their own machine: make a key pair. The public key goes to the operator."""
    from bot.crypto.sealing import new_provider_keys

    private, public = new_provider_keys()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(private + "\n")
    console.print("public key, for the operator (the private key stays with you):")
    sys.stdout.write(public + "\n")


@referral_app.command("open")
def open_referral(
    source: Annotated[Path, typer.Argument(help="The attached file, or the body of a webhook; - for standard input.")],
    key: Annotated[Path, typer.Option("--key", help="The private key that `sidedoor referral keys` has made.")],
) -> None:
    """For a provider: open a sealed referral. Nobody without the private key can, this service included."""
    from bot.referral import sealed

    content = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
    sys.stdout.write(sealed.read(key.read_text(encoding="utf-8"), content) + "\n")


@referral_app.command("check")
def check() -> None:
    """Read the file of providers and report every fault: file, line, field."""
    from bot.referral import partners

    found = partners.of(Settings.load())
    console.print(f"{len(found.every)} providers take referrals")


@referral_app.command("counts")
def counts(state: State = None) -> None:
    """What officers said of providers, in counts of at least eleven; smaller ones are shown to nobody."""
    from bot.referral.receipts import Receipts

    table = Table("entry", "word", "count")
    for entry, words in sorted(Receipts(Settings.load(state_dir=state).referral_db).public_counts().items()):
        for word, count in sorted(words.items()):
            table.add_row(entry, word, str(count))
    console.print(table)
