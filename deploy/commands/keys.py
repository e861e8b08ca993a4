"""The keys of persons and cases, and what wraps them."""

from __future__ import annotations

from functools import partial

import orjson
import typer

from deploy.commands.saying import Json, Progress, described, keys_that_open, opened_keys
from deploy.settings import Settings

app = typer.Typer(help="The keys of persons and cases, and what wraps them.", no_args_is_help=True)


@app.command()
def rotate(json: Json = False) -> None:
    """Wrap all keys under a fresh key-encryption key, while all is read. Goes on where it was stopped."""
    progress = Progress()
    with opened_keys() as file:
        by = file.rotate(lambda done, of: progress(lambda _: f"{done} of {of} keys"))
    if json:
        typer.echo(orjson.dumps({"key_encryption_key": by}))
    else:
        typer.echo(f"every key is wrapped by the key-encryption key {by}")
        typer.echo(
            "the earlier one opens the backups made until now: `ambito keys retire` once they are gone"
        )


@app.command()
def retire(json: Json = False) -> None:
    """Destroy the key-encryption keys that wrap nothing any more: older backups of the keys are then void."""
    with opened_keys() as file:
        gone = file.retire()
    if json:
        typer.echo(orjson.dumps({"destroyed": gone}))
    else:
        typer.echo(f"destroyed: {', '.join(gone)}" if gone else "nothing to retire")


@app.command()
def index(json: Json = False) -> None:
    """Fill the blind index of the codici fiscali from the log: once, after an upgrade from 0.1."""
    from deploy.processes import opened_log
    from domain.ledger import people

    settings = Settings()
    url = settings.database_url or described(settings)["database_url"]
    progress, position, named = Progress(), 0, 0
    with keys_that_open(), opened_log(settings, url) as log:
        while entries := log.after(position, 500):
            named += sum(
                people.name(e.fact.case_id, [e.fact.event], log.recorder.pool, log.keys) for e in entries
            )
            position = entries[-1].fact.position
            progress(partial("up to position {0}, {1} codici fiscali".format, position, named))
    if json:
        typer.echo(orjson.dumps({"position": position, "named": named}))
    else:
        typer.echo(f"{named} codici fiscali named, up to position {position} of the log")
