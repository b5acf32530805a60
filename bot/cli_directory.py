"""
The command ``sidedoor directory``: for the people who phone the providers and keep the entries true.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.settings import Settings

console = Console(stderr=True)
out = Console(soft_wrap=True, highlight=False, markup=False)

directory_app = typer.Typer(
    help="Check, list, import and export the lines and providers that officers are shown.", no_args_is_help=True
)

Own = Annotated[
    Path | None, typer.Option("--own", help="Your own folder of entries.", show_default="SIDEDOOR_DIRECTORY_DIR")
]


@directory_app.command("check")
def check(
    place: Annotated[Path | None, typer.Argument(help="Your own folder or file, instead of --own.")] = None,
    own: Own = None,
    links: Annotated[bool, typer.Option("--links", help="Also fetch each link and name who watches there.")] = False,
) -> None:
    """Report every fault of the shipped and of your own entries in one run: file, line, field."""
    from bot.catalogue import directory

    folder = place or _own(own)
    report = directory.check(folder, _today())
    for line in report.lines():
        out.print(line)
    if links and report.good:
        for line in directory.link_report(folder, _fetch):
            out.print(line)
    sys.exit(0 if report.good else 1)


@directory_app.command("list")
def listing(own: Own = None) -> None:
    """List every entry, how to reach it, and whether somebody has called it lately."""
    from bot.catalogue import Catalogue, directory

    rows = directory.listing(Catalogue.load(own=_own(own)), _today())
    if not out.is_terminal:
        for row in rows:
            out.print("\t".join(row))
        return
    table = Table("id", "name", "reach", "state")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@directory_app.command("stale")
def stale(own: Own = None) -> None:
    """List the entries that somebody has to call, the most urgent first."""
    from bot.catalogue import Catalogue, directory

    catalogue = Catalogue.load(own=_own(own))
    for line in directory.stale_report(catalogue, _today()):
        out.print(line)


@directory_app.command("import")
def import_entries(
    source: Annotated[Path, typer.Argument(help="HSDS 3: a JSON file, or the folder of its tables.")],
    folder: Annotated[Path | None, typer.Argument(help="Where to write them, instead of --own.")] = None,
    option: Annotated[str, typer.Option(help="The kind of help for entries that name none, such as therapist.")] = "",
    own: Own = None,
) -> None:
    """Take entries in from HSDS 3 into your own folder; with a fault nothing is written."""
    from bot.catalogue import directory
    from bot.errors import SettingsError

    target = folder or _own(own)
    if target is None:
        raise SettingsError("SIDEDOOR_DIRECTORY_DIR or --own must say where your own entries are")
    console.print(f"{directory.import_hsds(source, target, option)} entries")


@directory_app.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="A file ending in .json, or a folder for tables.")], own: Own = None
) -> None:
    """Give all entries out as HSDS 3."""
    from bot.catalogue import Catalogue, directory

    entries = Catalogue.load(own=_own(own)).providers(held=True)
    console.print(f"{directory.export_hsds(entries, target)} entries")


def _fetch(url: str) -> str:
    """The page behind a link; raises ``OSError`` when it does not answer."""
    import httpx

    try:
        return httpx.get(url, timeout=10, follow_redirects=True, headers={"User-Agent": "link check"}).text
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(type(error).__name__) from None


def _own(named: Path | None) -> Path | None:
    return named or Settings.load().directory_dir


def _today() -> date:
    return datetime.now(UTC).date()
