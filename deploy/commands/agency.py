"""The recipients of a running Ambito: added, given other credentials, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from deploy.commands.saying import Json, described, fail, keys_that_open, say
from deploy.settings import Settings

if TYPE_CHECKING:
    from deploy.agency import Changed

app = typer.Typer(
    help="The recipients: added, given other credentials, withdrawn. Each command may be repeated.",
    no_args_is_help=True,
)

Code = Annotated[str, typer.Argument(help="For example cpi, asl-serd, comune-058091.")]
PublicKey = Annotated[
    Path | None,
    typer.Option(help="The public Ed25519 key (JWK) that it signs with, where no stack of ours runs here."),
]


@app.command()
def add(code: Code, public_key: PublicKey = None, json: Json = False) -> None:
    """Let a recipient receive from now on; what open cases told before follows with their next fact."""
    from deploy import agency

    _tell(lambda: agency.add(Settings(), code, public_key), json)


@app.command()
def rotate(code: Code, public_key: PublicKey = None, json: Json = False) -> None:
    """Give a recipient another password and signing key; what it signed before stays verifiable."""
    from deploy import agency

    _tell(lambda: agency.rotate(Settings(), code, public_key), json)


@app.command()
def withdraw(code: Code, json: Json = False) -> None:
    """Disclose nothing more to a recipient, and take its rights and password back (protocol art. 12).

    Corrections and erasures of what it was shown are still owed to it, and wait in its feed.
    """
    from deploy import agency

    _tell(lambda: agency.withdraw(Settings(), code), json)
    for line in _of_the_protocol(code):
        say(line)


def _tell(act: Callable[[], Changed], json: bool) -> None:
    from deploy.agency import CannotChange

    try:
        done = act()
    except CannotChange as error:
        raise fail(str(error)) from None
    if json:
        typer.echo(orjson.dumps(asdict(done)))
        return
    typer.echo(f"{done.recipient}: {done.act}" + ("" if done.new else " already; nothing was changed"))
    if not done.kafka:
        typer.echo("no broker: it takes the REST feed")
    if done.password:
        typer.echo(f"its password on the broker, told this once: {done.password}")


def _of_the_protocol(code: str) -> list[str]:
    """What the log has to say of a withdrawal: it is an act of its own, with a document and a day."""
    from deploy.processes import opened_log

    settings = Settings()
    url = settings.database_url or settings.admin_database_url or described(settings)["database_url"]
    with keys_that_open(), opened_log(settings, url) as log:
        protocol = log.protocol()
    if protocol.signed is None or not protocol.signatory(code):
        return []
    if code not in protocol.withdrawals:
        return [f"{code} signed the protocol, and no withdrawal is on record: receive_withdrawal records it"]
    if protocol.signed.on_withdrawal == "PROTOCOL_ENDS":
        return [f"by its own words the protocol ends for everybody on {protocol.ended_on} (art. 12)"]
    return [f"the protocol goes on without {code} (art. 12)"]


@app.callback()
def _agency() -> None:
    """The recipients: added, given other credentials, withdrawn."""
