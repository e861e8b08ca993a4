"""What proves who asked for what of a case, and what was answered."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import orjson
import typer

from deploy.commands.saying import Json, described, fail
from deploy.settings import Settings
from domain.contract import instant

app = typer.Typer()


@app.command()
def exchanges(case: Annotated[UUID, typer.Argument(help="The case.")], json: Json = False) -> None:
    """The signed requests and answers of a case, each held against the keys that were kept with it.

    Whoever has the body of one (each side keeps its own) proves it by the digest: PROFILE_NON_REPUDIATION_01.
    """
    from api.security.evidence import proves_itself
    from domain.ledger.exchanges import Exchanges
    from domain.ledger.recorder import pool

    settings = Settings()
    url = settings.database_url or described(settings)["database_url"]
    with closing(pool(url, size=1, name="ambito-exchanges")) as connections:
        found = [(kept, proves_itself(kept)) for kept in Exchanges(connections).of_case(case)]
    for kept, proven in found:
        if json:
            typer.echo(orjson.dumps({**asdict(kept), "at": instant(kept.at), "proven": proven}))
            continue
        said = f"{instant(kept.at)} {kept.direction:8} {kept.operation} by {kept.client}"
        typer.echo(
            f"{said} {kept.status or ''} {kept.digest or ''}{'' if proven else ' DOES NOT HOLD'}".rstrip()
        )
    if not json and not found:
        typer.echo("nothing signed is on record of this case")
    if not all(proven for _, proven in found):
        raise fail("not every signature holds: somebody changed what was kept")
