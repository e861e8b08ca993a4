"""Daily work: import, clock, token."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

import orjson
import typer

from deploy.commands.saying import Json, Progress, described, fail, keys_that_open
from deploy.settings import Settings

app = typer.Typer()


@app.command(name="import")
def import_(
    file: Annotated[str, typer.Argument(help="Acts, one JSON object a line; - for standard input.")],
    json: Json = False,
) -> None:
    """Bring a file of acts into the register. Repeatable: what is on record is not recorded again."""
    from consumers.client.failures import Unreachable
    from consumers.client.transport import Transport
    from deploy.acts_file import PATIENCE, Imported, Importer, read
    from deploy.tokens import tokens

    settings = Settings()
    url = settings.api_url or described(settings)["api_url"]
    progress = Progress()

    def told(done: Imported) -> None:
        progress(lambda s: f"{done.lines} lines, {done.lines / s:.0f} a second, {len(done.refused)} refused")

    try:
        done = Importer(Transport(url, PATIENCE), tokens(settings), told).run(read(file))
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
    progress = Progress()

    def told(done: ticking.Done) -> None:
        progress(lambda _: f"{done.cases} cases, {sum(done.recorded.values())} facts recorded")

    with keys_that_open(), opened_log(settings, url) as log:
        cases = iter(case) if case else ticking.open_cases(log)
        done = ticking.run(log, settings.law, day, cases, told)
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
    purpose: Annotated[
        str | None, typer.Option(help="Why it acts or reads; none: what the agency is there for.")
    ] = None,
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
