"""The long-running processes of the register."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from deploy.commands.saying import Json, described, fail, keys_that_open, say
from deploy.settings import Settings

app = typer.Typer()


@app.command()
def serve(
    agency: Annotated[
        str | None,
        typer.Option(help="The interface of one recipient, over its own database alone: cpi, asl-serd …"),
    ] = None,
) -> None:
    """The REST interface: the Ambito's, or with --agency that of one office."""
    if agency is not None:
        _serve_office(agency)
        return
    from deploy import processes
    from deploy.trust_file import CannotTrust
    from domain.refused import Refused

    try:
        with keys_that_open():
            processes.serve(Settings())
    except (processes.MissingSetting, CannotTrust) as error:
        raise fail(str(error)) from None
    except Refused as refused:
        raise fail(f"{refused}; `ambito rules sound` names every fault") from None


def _serve_office(recipient: str) -> None:
    from deploy import office
    from deploy.keys import UnusableKey

    settings = Settings()
    url = settings.recipient_database_url
    if url is None:
        found = described(settings)["agencies"]
        if recipient not in found:
            raise fail(f"{recipient} is no recipient here: {', '.join(found)}")
        url = found[recipient]["database_url"]
    try:
        office.serve(settings, recipient, url, say)
    except (office.CannotServe, UnusableKey) as error:
        raise fail(str(error)) from None


@app.command()
def relay() -> None:
    """Record what each new fact discloses to whom, sign the log, and hand both to Kafka."""
    from deploy import processes
    from deploy.keys import UnusableKey

    try:
        with keys_that_open():
            processes.relay(Settings())
    except UnusableKey as error:
        raise fail(str(error)) from None


@app.command()
def project() -> None:
    """Keep the Ambito's own views."""
    from deploy import processes

    with keys_that_open():
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

    with keys_that_open():
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
    from deploy.client_file import CannotCall

    try:
        processes.subscribe(Settings(), recipient)
    except CannotCall as error:
        raise fail(str(error)) from None
