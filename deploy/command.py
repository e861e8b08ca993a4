"""The ``ambito`` command."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
import typer

from deploy.settings import Settings

if TYPE_CHECKING:
    from domain.ledger.keys import KeyFile

app = typer.Typer(
    name="ambito",
    help="The interagency case register of an Ambito for the Assegno di Inclusione.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def say(line: str) -> None:
    """A line for the operator; standard output is for results."""
    typer.echo(line, err=True)


def fail(because: str) -> typer.Exit:
    say(f"ambito: {because}")
    return typer.Exit(1)


# --- the stack on this machine ---------------------------------------------------------------------------


@app.command()
def up(detach: Annotated[bool, typer.Option(help="Return once everything serves.")] = False) -> None:
    """Start PostgreSQL, Kafka, the API, the relay, the views and a subscriber for each recipient."""
    from deploy.postgres import CannotRun
    from deploy.stack import AlreadyRunning, Stack
    from deploy.supervisor import StartFailed

    settings = Settings()
    if detach:
        start_detached(settings)
        return
    try:
        code = Stack(settings, say).run()
    except (AlreadyRunning, StartFailed, CannotRun) as error:
        raise fail(str(error)) from None
    raise typer.Exit(code)


def start_detached(settings: Settings) -> dict[str, Any]:
    """Start a stack that outlives this command; its description once it serves."""
    from deploy import stack

    if stack.running(settings.var) is not None:
        return described(settings)
    (settings.var / "stack.json").unlink(missing_ok=True)  # of a stack that was killed
    log = settings.var / "log" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.command", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    with log.open("rb") as told:
        while not (settings.var / "stack.json").exists():
            ended = process.poll() is not None
            for line in told.readlines():
                say(line.decode().rstrip())
            if ended:
                raise fail(f"the stack did not start; see {log}")
            time.sleep(0.05)
        for line in told.readlines():
            say(line.decode().rstrip())
    return described(settings)


def described(settings: Settings) -> dict[str, Any]:
    """What ``var/stack.json`` says of the stack that runs."""
    try:
        found: dict[str, Any] = orjson.loads((settings.var / "stack.json").read_bytes())
    except FileNotFoundError:
        raise fail("no stack serves here; `ambito up --detach` starts one") from None
    return found


@app.command()
def down() -> None:
    """Stop the stack of this folder, and wait until all of it is gone."""
    from deploy import stack

    say("stopped" if stack.stop(Settings().var) else "nothing runs")


@app.command()
def demo(
    keep: Annotated[bool, typer.Option(help="Leave the stack running afterwards.")] = False,
) -> None:
    """Import the sample, walk one household to a decurtazione, show what each body sees of it."""
    from deploy import stack
    from deploy.demo.show import MAILBOXES, show
    from deploy.demo.sink import sink

    ran_before = stack.running(Settings().var) is not None
    with sink() as kept:
        if Settings().smtp_host is None:
            os.environ |= kept.settings() | {"AMBITO_MAILBOXES": orjson.dumps(MAILBOXES).decode()}
        settings = Settings()
        try:
            show(start_detached(settings), say=typer.echo, mails=kept.mails)
        finally:
            if not keep and not ran_before:
                stack.stop(settings.var)


# --- its processes ---------------------------------------------------------------------------------------


@app.command()
def serve() -> None:
    """The REST interface."""
    from deploy import processes
    from domain.refused import Refused

    try:
        with _keys_that_open():
            processes.serve(Settings())
    except Refused as refused:
        raise fail(f"{refused}; `ambito rules sound` names every fault") from None


@app.command()
def relay() -> None:
    """Record what each new fact discloses to whom, sign the log, and hand both to Kafka."""
    from deploy import processes
    from deploy.keys import UnusableKey

    try:
        with _keys_that_open():
            processes.relay(Settings())
    except UnusableKey as error:
        raise fail(str(error)) from None


@app.command()
def project() -> None:
    """Keep the Ambito's own views."""
    from deploy import processes

    with _keys_that_open():
        processes.project(Settings())


@app.command()
def mail(
    status: Annotated[bool, typer.Option(help="What became of each mail, instead of sending any.")] = False,
    json: Json = False,
) -> None:
    """Convoke the équipe by e-mail: to each invited seat a link to its own extract."""
    settings = Settings()
    if status:
        _mail_status(settings, json)
        return
    from deploy import processes

    with _keys_that_open():
        processes.mail(settings)


def _mail_status(settings: Settings, json: bool) -> None:
    from deploy import mail_status

    found = mail_status.outcomes(settings.database_url or described(settings)["database_url"])
    if json:
        typer.echo(orjson.dumps({"mails": found}))
        return
    for line in mail_status.lines(found):
        typer.echo(line)


@app.command()
def subscribe(recipient: Annotated[str, typer.Argument(help="For example cpi, comune-058091.")]) -> None:
    """Follow what a recipient is sent, into its own database, and acknowledge it."""
    from deploy import processes

    processes.subscribe(Settings(), recipient)


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


# --- backup and restore ----------------------------------------------------------------------------------


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
        with _opened_keys() as keys:
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


# --- work ------------------------------------------------------------------------------------------------


@app.command(name="import")
def import_(
    file: Annotated[str, typer.Argument(help="Acts, one JSON object a line; - for standard input.")],
    json: Json = False,
) -> None:
    """Bring a file of acts into the register. Repeatable: what is on record is not recorded again."""
    from deploy.acts_file import Imported, Importer, read
    from deploy.rest import Rest, Unreachable
    from deploy.tokens import tokens

    settings = Settings()
    url = settings.api_url or described(settings)["api_url"]
    began, told = time.monotonic(), time.monotonic()

    def progress(done: Imported) -> None:
        nonlocal told
        if time.monotonic() - told > 1:
            told = time.monotonic()
            rate = done.lines / (told - began)
            say(f"{done.lines} lines, {rate:.0f} a second, {len(done.refused)} refused")

    try:
        done = Importer(Rest(url), tokens(settings), progress).run(read(file))
    except FileNotFoundError:
        raise fail(f"there is no file {file}") from None
    except Unreachable as error:
        raise fail(f"{error}; run the same command again to go on where it stopped") from None
    refused = [{"line": r.line, "act": r.act, "because": r.because} for r in done.refused]
    if json:
        counted = {"recorded": done.recorded, "replayed": done.replayed, "refused": refused}
        typer.echo(orjson.dumps(counted))
    else:
        for refusal in done.refused:
            typer.echo(f"line {refusal.line}: {refusal.act} refused: {refusal.because}")
        typer.echo(
            f"{done.lines} acts: {done.recorded} recorded, {done.replayed} on record already, "
            f"{len(done.refused)} refused"
        )
    if done.refused:
        raise typer.Exit(1)


@app.command()
def clock(
    on: Annotated[
        str | None, typer.Option(help="The legal day of the run, YYYY-MM-DD; today in Italy when left out.")
    ] = None,
    case: Annotated[list[UUID] | None, typer.Option(help="Only this case; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Record the terms that lapsed and evaluate obligations again. Run it daily; twice or late is safe."""
    from deploy import clock as ticking
    from deploy.processes import opened_log

    settings = Settings()
    day = _legal_day(on)
    url = settings.database_url or described(settings)["database_url"]
    told = time.monotonic()

    def progress(done: ticking.Done) -> None:
        nonlocal told
        if time.monotonic() - told > 1:
            told = time.monotonic()
            say(f"{done.cases} cases, {sum(done.recorded.values())} facts recorded")

    with _keys_that_open(), opened_log(settings, url) as log:
        cases = iter(case) if case else ticking.open_cases(log)
        done = ticking.run(log, settings.law, day, cases, progress)
    if json:
        refused = [{"case_id": str(case_id), "because": because} for case_id, because in done.refused]
        failed = [{"case_id": str(case_id), "error": error} for case_id, error in done.failed]
        counted = {"cases": done.cases, "recorded": done.recorded, "refused": refused, "failed": failed}
        typer.echo(orjson.dumps(counted))
    else:
        for title, count in sorted(done.recorded.items()):
            typer.echo(f"{title}: {count}")
        for case_id, because in done.refused:
            typer.echo(f"case {case_id}: refused: {because}")
        for case_id, error in done.failed:
            typer.echo(f"case {case_id}: could not be computed: {error}")
        typer.echo(f"{done.cases} cases, {sum(done.recorded.values())} facts recorded for {day}")
    if done.refused or done.failed:
        raise typer.Exit(1)


def _legal_day(on: str | None) -> date:
    """The day that was asked for, which has begun; a term cannot lapse in the future."""
    from domain.rules.calendar import legal_day

    today = legal_day(datetime.now(UTC))
    try:
        day = date.fromisoformat(on) if on else today
    except ValueError:
        raise fail(f"--on {on}: must be a date, YYYY-MM-DD") from None
    if day > today:
        raise fail(f"--on {on}: that day has not begun")
    return day


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
        with _keys_that_open(), opened_log(settings, url) as log:
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
    began = told = time.monotonic()

    def progress(done: int, of: int) -> None:
        nonlocal told
        if time.monotonic() - told > 1:
            told = time.monotonic()
            rate = done / (told - began)
            say(f"{done:,} of {of:,} events, {rate:,.0f} a second, {(of - done) / rate:.0f} s left")

    try:
        with _keys_that_open():
            report = checking.check(
                settings,
                url,
                from_checkpoint=from_checkpoint,
                kept=[path.read_text("utf-8") for path in kept or ()],
                processes=processes,
                told=progress,
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
def token(
    agency: Annotated[str, typer.Option(help="For example servizio-sociale, cpi, comune-058091, inps.")],
    role: Annotated[
        str, typer.Option(help="The role of the operator, for example SOCIAL_WORKER.")
    ] = "operator",
    unit: Annotated[str | None, typer.Option(help="The unit, for example asl-serd.")] = None,
    person: Annotated[UUID | None, typer.Option(help="The operator; the role's own when left out.")] = None,
    purpose: Annotated[str, typer.Option(help="Why it acts or reads.")] = "TAKING_CHARGE",
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="How long it is good for.")] = 60,
) -> None:
    """A signed token of the local issuer, for development."""
    from deploy.tokens import issuer, operator

    try:
        made = issuer(Settings()).issue(
            agency=agency,
            role=role,
            unit=unit,
            subject=person or operator(agency, unit, role),
            purpose=purpose,
            lifetime=minutes * 60,
        )
    except ValueError as error:
        raise fail(str(error)) from None
    typer.echo(made)


rules = typer.Typer(help="The law as rule sets.", no_args_is_help=True)
app.add_typer(rules, name="rules")


CANNOT_RUN = 2
"""The exit code of a file that cannot be run; 1 is that of an example that failed."""


@rules.command()
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


@rules.command()
def sound() -> None:
    """Look for holes, unknown words and overlaps in the rule sets, and name each with file and line."""
    from domain.rules.sound import faults, shipped

    found = faults(shipped())
    for fault in found:
        typer.echo(str(fault))
    typer.echo(f"{len(shipped())} rule sets, {len(found)} faults")
    if found:
        raise typer.Exit(1)


keys = typer.Typer(help="The keys of persons and cases, and what wraps them.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@keys.command()
def rotate(json: Json = False) -> None:
    """Wrap all keys under a fresh key-encryption key, while all is read. Goes on where it was stopped."""
    told = time.monotonic()

    def progress(done: int, of: int) -> None:
        nonlocal told
        if time.monotonic() - told > 1:
            told = time.monotonic()
            say(f"{done} of {of} keys")

    with _opened_keys() as file:
        by = file.rotate(progress)
    if json:
        typer.echo(orjson.dumps({"key_encryption_key": by}))
    else:
        typer.echo(f"every key is wrapped by the key-encryption key {by}")
        typer.echo(
            "the earlier one opens the backups made until now: `ambito keys retire` once they are gone"
        )


@keys.command()
def retire(json: Json = False) -> None:
    """Destroy the key-encryption keys that wrap nothing any more: older backups of the keys are then void."""
    with _opened_keys() as file:
        gone = file.retire()
    if json:
        typer.echo(orjson.dumps({"destroyed": gone}))
    else:
        typer.echo(f"destroyed: {', '.join(gone)}" if gone else "nothing to retire")


@keys.command()
def index(json: Json = False) -> None:
    """Fill the blind index of the codici fiscali from the log: once, after an upgrade from 0.1."""
    from deploy.processes import opened_log
    from domain.ledger import people

    settings = Settings()
    url = settings.database_url or described(settings)["database_url"]
    told, position, named = time.monotonic(), 0, 0
    with _keys_that_open(), opened_log(settings, url) as log:
        while entries := log.after(position, 500):
            named += sum(
                people.name(e.fact.case_id, [e.fact.event], log.recorder.pool, log.keys) for e in entries
            )
            position = entries[-1].fact.position
            if time.monotonic() - told > 1:
                told = time.monotonic()
                say(f"up to position {position}, {named} codici fiscali")
    if json:
        typer.echo(orjson.dumps({"position": position, "named": named}))
    else:
        typer.echo(f"{named} codici fiscali named, up to position {position} of the log")


@contextmanager
def _opened_keys() -> Iterator[KeyFile]:
    from deploy.key_file import key_file

    with _keys_that_open(), closing(key_file(Settings())) as file:
        yield file


@contextmanager
def _keys_that_open() -> Iterator[None]:
    """Keys that do not open, or belong to another log, end a command with the way out."""
    from deploy.key_file import KeysOfAnotherDay
    from domain.ledger.wrapping import WrongKeyEncryptionKey

    try:
        yield
    except (WrongKeyEncryptionKey, KeysOfAnotherDay) as error:
        raise fail(str(error)) from None
    except sqlite3.Error as error:
        raise fail(f"the key file: {error}; the same command goes on where it stopped") from None


@rules.callback()
def _rules() -> None:
    """The law as rule sets."""


def main() -> None:
    app()


if __name__ == "__main__":
    main()
