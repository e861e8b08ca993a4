"""What agencies program against, without a server."""

from __future__ import annotations

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
