"""`ambito verify`: a bundle checked offline. The one command of the base install."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

app = typer.Typer()

UNREAD = 2
"""The exit code where nothing could be checked; 1 is that of a bundle that does not hold."""


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The file of the bundle.")],
    log_key: Annotated[
        str | None,
        typer.Option(
            help="The key of the Ambito's log as people told it to you: its vkey. Without it the"
            " bundle's own is believed, and the report says so."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")] = False,
) -> None:
    """Check a bundle without the register: no database, no network. Says in Italian what holds."""
    from domain.bundle import report as told
    from domain.bundle.verify import verify as check
    from domain.ledger.note import Malformed, VerifierKey

    try:
        raw = bundle.read_bytes()
        key = VerifierKey.read(log_key) if log_key else None
    except OSError as error:
        typer.echo(f"ambito: {bundle} cannot be read: {error.strerror}", err=True)
        raise typer.Exit(UNREAD) from None
    except Malformed as error:
        typer.echo(f"ambito: --log-key: {error}", err=True)
        raise typer.Exit(UNREAD) from None
    found = check(raw, key)
    if json:
        typer.echo(orjson.dumps(told.told(found)))
    else:
        for line in told.lines(found):
            typer.echo(line)
    if not found.about:
        raise typer.Exit(UNREAD)
    if found.findings:
        raise typer.Exit(1)
