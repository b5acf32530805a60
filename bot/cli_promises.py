"""
The command ``sidedoor promises``: what we say about confidentiality, and whether a test stands behind each sentence.
"""

from __future__ import annotations

import sys

import typer
from rich.console import Console

console = Console(stderr=True)

promises_app = typer.Typer(
    help="What is said about confidentiality, and the tests that prove it.", no_args_is_help=True
)


@promises_app.command("check")
def check() -> None:
    """Fail when a sentence about confidentiality has no promise, a promise no test or one that failed when all were
    run last, or docs/subpoena.md is old."""
    from bot.catalogue import claims
    from bot.catalogue.promises import Promises

    promises = Promises.load()
    _end([*claims.faults(promises), *claims.failed_last(promises)])


@promises_app.command("proven")
def proven() -> None:
    """After a run of all tests: fail when a promise's test failed, or none of its tests ran."""
    from bot.catalogue import claims
    from bot.catalogue.promises import Promises

    _end(claims.not_passed(Promises.load(), claims.read_results()))


@promises_app.command("write")
def write() -> None:
    """Write docs/subpoena.md anew."""
    from bot.catalogue import claims
    from bot.catalogue.promises import Promises

    claims.SUBPOENA.write_text(claims.subpoena(Promises.load()), encoding="utf-8")


def _end(faults: list[str]) -> None:
    for fault in faults:
        console.print(fault, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1 if faults else 0)
