"""The law as rule sets."""

from __future__ import annotations

from pathlib import Path

import orjson
import typer

from deploy.commands.saying import Json, say

app = typer.Typer(help="The law as rule sets.", no_args_is_help=True)


CANNOT_RUN = 2
"""The exit code of a file that cannot be run; 1 is that of an example that failed."""


@app.command()
def check(file: Path, json: Json = False) -> None:
    """Run a file of examples (obligations, sanctions, deadlines) through what the register decides with."""
    from domain.worked import report
    from domain.worked.document import check as run
    from domain.worked.reading import Unreadable

    try:
        checked = run(file.read_bytes())
    except OSError as error:
        say(f"ambito: {file} cannot be read: {error.strerror}")
        raise typer.Exit(CANNOT_RUN) from None
    except Unreadable as error:
        say(f"ambito: {file} cannot be run: {error}")
        raise typer.Exit(CANNOT_RUN) from None
    if json:
        typer.echo(orjson.dumps(report.told(checked)))
    else:
        for line in report.lines(checked):
            typer.echo(line)
    if report.failed(checked):
        raise typer.Exit(1)


@app.command()
def sound() -> None:
    """Look for holes, unknown words and overlaps in the rule sets, and name each with file and line."""
    from domain.rules.sound import faults, shipped

    found = faults(shipped())
    for fault in found:
        typer.echo(str(fault))
    typer.echo(f"{len(shipped())} rule sets, {len(found)} faults")
    if found:
        raise typer.Exit(1)


@app.callback()
def _rules() -> None:
    """The law as rule sets."""
