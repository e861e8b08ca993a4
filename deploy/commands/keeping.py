"""What keeps a register whole: migrate, backup, restore, fsck, replay, erase."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import typer

from deploy.commands.saying import Json, Progress, described, fail, keys_that_open, opened_keys, say
from deploy.settings import Settings

app = typer.Typer()


@app.command(name="migrate")
def migrate_(
    recipient: Annotated[bool, typer.Option("--recipient", help="A recipient's own database.")] = False,
) -> None:
    """Bring a database to this version: the Ambito's (AMBITO_ADMIN_DATABASE_URL), or a recipient's."""
    from deploy.migrate import AMBITO, RECIPIENT, CannotMigrate, migrate

    settings = Settings()
    url = settings.recipient_database_url if recipient else settings.admin_database_url
    if url is None:
        raise fail(f"set AMBITO_{'RECIPIENT' if recipient else 'ADMIN'}_DATABASE_URL to its owner's url")
    try:
        for name in migrate(url, RECIPIENT if recipient else AMBITO) or ["nothing to apply"]:
            typer.echo(name)
    except CannotMigrate as error:
        raise fail(str(error)) from None


@app.command()
def backup() -> None:
    """A base backup into AMBITO_BACKUPS, and a copy of the keys into AMBITO_KEY_BACKUPS."""
    from deploy import backup as backing

    settings = Settings()
    if settings.backups is None:
        raise fail("set AMBITO_BACKUPS to a folder on another disk")
    url = settings.admin_database_url or described(settings)["admin_database_url"]
    try:
        typer.echo(backing.take(url, settings.backups))
        if settings.key_backups is None:
            say("the keys are not backed up: set AMBITO_KEY_BACKUPS, or copy them by other means")
        else:
            typer.echo(backing.copy_keys(settings.keys[0], settings.key_backups))
    except backing.CannotBackUp as error:
        raise fail(str(error)) from None


@app.command()
def restore(
    at: Annotated[
        str | None, typer.Option(help="The instant to go back to, RFC 3339; all there is when left out.")
    ] = None,
    json: Json = False,
) -> None:
    """Bring the log back to an instant, under a new epoch; everything must be stopped.

    With AMBITO_ADMIN_DATABASE_URL its own server was restored by other means, up to ``at``: then this does
    what must follow before anything is served.
    """
    from deploy import restore as restoring
    from deploy.stack import DATABASE, own_postgres
    from deploy.stack import running as stack_runs

    settings, began = Settings(), time.monotonic()
    instant = _instant(at)
    if stack_runs(settings.var) is not None:
        raise fail("the stack runs; `ambito down` first: nobody may read or write meanwhile")

    def tell(url: str) -> restoring.Restored:
        with opened_keys() as keys:
            return restoring.tell(url, keys, instant)

    try:
        restoring.bring_back_keys(settings.keys[0], settings.key_backups, say)
        if settings.admin_database_url is not None:
            told = tell(settings.admin_database_url)
        elif settings.backups is None:
            raise fail("set AMBITO_BACKUPS to the folder of the backups")
        else:
            told = restoring.restore(own_postgres(settings), settings.backups, instant, DATABASE, tell, say)
    except restoring.CannotRestore as error:
        raise fail(str(error)) from None
    if json:
        typer.echo(orjson.dumps(told, default=str))
        return
    last = f", recorded at {told.recorded_at.isoformat()}" if told.recorded_at else ""
    typer.echo(f"position {told.position}{last}")
    typer.echo(f"epoch {told.epoch}, before {told.epoch_before}")
    typer.echo(f"restored in {time.monotonic() - began:.1f} s")


def _instant(text: str | None) -> datetime | None:
    """An instant with its zone: without one nobody knows which was meant."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise fail(f"--at {text}: must be an instant with its zone, like 2026-01-31T09:00:00Z")
    if found > datetime.now(UTC):
        raise fail(f"--at {text}: is in the future")
    return found


@app.command()
def fsck(
    from_checkpoint: Annotated[
        str | None,
        typer.Option(help="Only the events after a checkpoint that was checked before: its size, or latest."),
    ] = None,
    kept: Annotated[
        list[Path] | None, typer.Option(help="The note of a checkpoint that somebody kept; may be repeated.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="How many share the work.")] = os.cpu_count() or 1,
    json: Json = False,
) -> None:
    """Check that the log is what was written: digests, chains, tree, checkpoints, cosignatures."""
    from deploy import fsck as checking

    settings = Settings()
    url = settings.database_url or described(settings)["database_url"]
    progress = Progress()

    def told(done: int, of: int) -> None:
        progress(
            lambda seconds: (
                f"{done:,} of {of:,} events, {done / seconds:,.0f} a second,"
                f" {(of - done) / (done / seconds):.0f} s left"
            )
        )

    try:
        with keys_that_open():
            report = checking.check(
                settings,
                url,
                from_checkpoint=from_checkpoint,
                kept=[path.read_text("utf-8") for path in kept or ()],
                processes=processes,
                told=told,
            )
    except (OSError, ValueError, checking.NothingSigned) as error:
        raise fail(f"not checked: {error}") from None
    if json:
        typer.echo(orjson.dumps(checking.told(report)))
    else:
        for line in checking.lines(report):
            typer.echo(line)
    if report.findings:
        raise typer.Exit(1)


@app.command()
def replay(
    all_: Annotated[bool, typer.Option("--all", help="Every decision of every case.")] = False,
    case: Annotated[list[UUID] | None, typer.Option(help="Those of this case; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Decide again what was decided: from the facts as they were, and from the values that were stored."""
    from deploy import replay as replaying
    from deploy.processes import opened_log
    from domain.ledger.replaying import Replaying

    if all_ == bool(case):
        raise fail("say which decisions: --all, or --case with the id of one")
    settings, progress = Settings(), Progress()
    url = settings.database_url or described(settings)["database_url"]
    with keys_that_open(), opened_log(settings, url) as log:
        again = Replaying(log, settings.law)
        every = again.cases()
        if unknown := set(case or ()) - set(every):
            raise fail(f"there is no case {min(map(str, unknown))}")
        wanted = case or every

        def told(done: replaying.Done) -> None:
            progress(lambda s: f"{done.cases:,} of {len(wanted):,} cases, {done.cases / s:,.0f} a second")

        done = replaying.run(again, wanted, told)
    if json:
        typer.echo(orjson.dumps(replaying.told(done)))
    else:
        for line in replaying.lines(done):
            typer.echo(line)
    if done.differing:
        raise typer.Exit(1)


class Because(StrEnum):
    """Why a person is erased, as the log records it."""

    REQUEST = "request"
    RETENTION_ENDED = "retention-ended"
    UNLAWFUL = "unlawful"


@app.command()
def erase(
    person: Annotated[UUID, typer.Argument(help="The member_id of the person.")],
    because: Annotated[Because, typer.Option(help="GDPR art. 17 c. 1: asked for, over, or never lawful.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, erase nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: what is erased never comes back.")] = False,
    json: Json = False,
) -> None:
    """Erase what is personal of a person, in every case, for ever. Run it again where it was broken off."""
    from deploy import erase as erasing
    from deploy.processes import opened_log
    from domain.refused import Refused

    settings = Settings()
    url = settings.database_url or described(settings)["database_url"]
    ground = because.name
    try:
        with keys_that_open(), opened_log(settings, url) as log:
            planned = erasing.planned(log, settings.law, person, ground)
            if not json or not (dry_run or yes):
                for line in erasing.lines(planned):
                    say(line)
            if not dry_run and not yes:
                typer.confirm("Erase? It cannot be undone", abort=True, err=True)
            done = planned if dry_run else erasing.done(log, settings.law, person, ground)
    except Refused as refused:
        raise fail(f"not erased: {refused}") from None
    if json:
        typer.echo(orjson.dumps(erasing.told(done, dry_run)))
    elif not dry_run:
        typer.echo(f"erased: {person}; the relay tells the recipients, the views follow the log")
