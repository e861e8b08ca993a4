"""The ``ambito`` command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from deploy.settings import Settings

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
        processes.serve(Settings())
    except Refused as refused:
        raise fail(f"{refused}; `ambito rules sound` names every fault") from None


@app.command()
def relay() -> None:
    """Record what each new fact discloses to whom, and hand it to Kafka."""
    from deploy import processes

    processes.relay(Settings())


@app.command()
def project() -> None:
    """Keep the Ambito's own views."""
    from deploy import processes

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
    from deploy.processes import opened_keys
    from deploy.stack import DATABASE, own_postgres
    from deploy.stack import running as stack_runs

    settings, began = Settings(), time.monotonic()
    instant = _instant(at)
    if stack_runs(settings.var) is not None:
        raise fail("the stack runs; `ambito down` first: nobody may read or write meanwhile")

    def tell(url: str) -> restoring.Restored:
        with opened_keys(settings) as keys:
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

    with opened_log(settings, url) as log:
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


@rules.callback()
def _rules() -> None:
    """The law as rule sets."""


def main() -> None:
    app()


if __name__ == "__main__":
    main()
