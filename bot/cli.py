"""
The command ``sidedoor``: what a person types, and nothing that decides anything.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from bot.cli_desk import desk_app
from bot.cli_directory import directory_app
from bot.cli_keys import keys_app
from bot.cli_promises import promises_app
from bot.cli_referral import referral_app
from bot.cli_widget import widget
from bot.errors import SidedoorError
from bot.logs import lock_down
from bot.settings import Settings

console = Console(stderr=True)

app = typer.Typer(
    name="sidedoor",
    help="A confidential referral assistant for police officers. It is software; it keeps nothing that names them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a pretty traceback prints local variables: leak L3
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(keys_app, name="keys")
app.add_typer(desk_app, name="desk-user")
app.add_typer(directory_app, name="directory")
app.add_typer(promises_app, name="promises")
app.add_typer(referral_app, name="referral")

State = Annotated[
    Path | None, typer.Option("--state", help="Folder for keys, databases and sockets.", show_default=".state")
]


@app.command()
def run(
    state: State = None,
    port: Annotated[int | None, typer.Option(help="The officers' port.", show_default="8080")] = None,
    desk_port: Annotated[int | None, typer.Option(help="The responders' port.", show_default="8090")] = None,
) -> None:
    """Start everything on this machine: the officers' edge, the assistant and the responders' desk."""
    from bot import launch

    settings = _settings("supervisor", state_dir=state, edge_port=port, desk_port=desk_port)
    sys.exit(asyncio.run(launch.run(settings, console)))


@app.command()
def serve(state: State = None, port: Annotated[int | None, typer.Option(help="The officers' port.")] = None) -> None:
    """Start the edge alone: it answers every crisis, and everything else once the assistant runs."""
    from bot.channels import app as edge

    edge.main(Settings.load(state_dir=state, edge_port=port))


@app.command()
def assistant(state: State = None) -> None:
    """Start the assistant (Rasa) alone, on a Unix socket in the state folder that only the edge uses."""
    settings = _settings("assistant", state_dir=state)
    from bot import preflight, wiring
    from bot.assistant import server

    wiring.prepare(settings, wiring.ASSISTANT_KEYS)
    preflight.refuse(settings, "assistant")
    server.run(settings)


@app.command()
def desk(state: State = None, port: Annotated[int | None, typer.Option(help="The responders' port.")] = None) -> None:
    """Start the responders' desk alone."""
    settings = _settings("desk", state_dir=state, desk_port=port)
    from bot import preflight, wiring
    from bot.desk.app import serve as serve_desk

    wiring.prepare(settings, wiring.DESK_KEYS)
    preflight.refuse(settings, "desk")
    serve_desk(wiring.desk(settings), settings)


@app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Train even if nothing changed.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train the model if its sources changed: config.yml, domain.yml, nlu_data, stories."""
    settings = _settings("train")
    from bot import launch

    launch.train(settings, console, force=force, quiet=quiet)


@app.command()
def shell(
    json_lines: Annotated[
        bool, typer.Option("--json", help="One message a line in, one JSON object a line out.")
    ] = False,
    state: State = None,
) -> None:
    """
    Talk to Sidedoor in this terminal, through the same edge as every channel.

    With --json it reads one message a line from standard input and writes one JSON object a line:
    replies with their buttons, level, reply_kind and ms. A line that is a button's payload presses that button.
    """
    settings = _settings("shell", state_dir=state, assistant_patience=120.0)
    from bot import launch

    asyncio.run(launch.shell(settings, json_lines=json_lines))


@app.command()
def assess(
    triage_only: Annotated[
        bool, typer.Option("--triage-only", help="Without Rasa: level, reply_kind and redacted only.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also the rules and the scores that decided; never words.")
    ] = False,
) -> None:
    """
    Judge messages: one a line on standard input, one JSON object a line on standard output, in order.

    Each line counts as the first message of its own conversation. An empty, huge or undecodable line
    gets an object with "error".
    """
    settings = _settings("assess")
    from bot import assessment

    assessment.assess(settings, triage_only=triage_only, explain=explain)


@app.command()
def card(
    out: Annotated[Path, typer.Option("--out", help="The folder to write crisis-card.svg and crisis-card.pdf to.")],
    region: Annotated[str, typer.Option("--region", help="A postal code such as NJ: its own line is added.")] = "",
) -> None:
    """Write the wallet card: the directory's numbers and five steps, as a picture and as a sheet to print."""
    settings = _settings("cli")
    from bot.catalogue import Catalogue, crisis_card

    made = crisis_card.crisis_card(Catalogue.load(own=settings.directory_dir), region)
    out.mkdir(parents=True, exist_ok=True)
    (out / "crisis-card.svg").write_text(crisis_card.as_svg(made), encoding="utf-8")
    (out / "crisis-card.pdf").write_bytes(crisis_card.as_pdf(made))
    console.print(f"crisis-card.svg and crisis-card.pdf are in {out}")


@app.command()
def wording() -> None:
    """Hold every sentence that is shown to the house's rules: reading grade, banned words, numbers first, sources."""
    from rich.table import Table

    from bot import wording_check

    report = wording_check.check()
    table = Table("what", "texts", "median grade", "highest", "where")
    for row in report.figures:
        table.add_row(row.group, str(row.texts), f"{row.median:.1f}", f"{row.highest:.1f}", row.where)
    console.print(table)
    for fault in report.faults:
        console.print(str(fault), highlight=False, markup=False)
    console.print(f"{len(report.unsigned)} texts wait for a clinician's signature (reviewed_by)", highlight=False)
    sys.exit(1 if report.faults else 0)


@app.command()
def doctor(state: State = None) -> None:
    """Check this installation and say in plain words what is wrong and what to do."""
    settings = _settings("doctor", state_dir=state)
    from bot import doctor as checks

    findings = asyncio.run(checks.examine(settings))
    for finding in findings:
        console.print(f"[{'green' if finding.well else 'red'}]{'ok  ' if finding.well else 'fault'}[/] {finding.what}")
    sys.exit(0 if all(finding.well for finding in findings) else 1)


app.command("widget")(widget)


def main() -> NoReturn:
    """The entry point: an error of ours is one line, anything else one line that says where."""
    try:
        app()
    except SidedoorError as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def _settings(process: str, **overrides: Any) -> Settings:
    settings = Settings.load(**overrides)
    quiet = process in ("shell", "assess", "cli", "train", "doctor")
    lock_down(
        "ERROR" if quiet and settings.log_level == "INFO" else settings.log_level,
        process,
        rasa=process in ("assistant", "train", "assess"),
    )
    return settings
