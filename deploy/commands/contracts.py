"""What agencies program against, without a server."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from deploy.settings import Settings

app = typer.Typer()


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the topics: a channel for each of AMBITO_RECIPIENTS."""
    from consumers.asyncapi import document

    ours = Settings()
    made = document(ours.ambito, ours.kafka_bootstrap, ours.recipients)
    typer.echo(orjson.dumps(made, option=orjson.OPT_INDENT_2))


@app.command()
def openapi(
    agency: Annotated[str | None, typer.Option(help="Of the server of this recipient's office.")] = None,
    newer: Annotated[bool, typer.Option("--newer", help="In OpenAPI 3.1 instead of 3.0.3.")] = False,
) -> None:
    """Print the OpenAPI document of the API, or of the server of an office."""
    from api.app import describe
    from api.described.older import older
    from api.office.app import describe as describe_office
    from api.services import AS_DOCUMENTED
    from projections.offices import office_of

    url = Settings().public_url or AS_DOCUMENTED
    if agency is None:
        made = describe(url)
    elif office := office_of(agency):
        made = describe_office(agency, office, url)
    else:
        raise typer.BadParameter(f"{agency} keeps no lists of its own")
    typer.echo(orjson.dumps(made if newer else older(made), option=orjson.OPT_INDENT_2))
