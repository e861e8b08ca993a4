"""The dossier of a measure, as a file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

import typer

from deploy.commands.saying import described, fail, keys_that_open, say
from deploy.settings import Settings

app = typer.Typer()

AT_THE_MACHINE = uuid5(NAMESPACE_URL, "urn:ambito:command")
"""Who reads, where nobody is named: somebody at the machine of the Ambito."""


class Form(StrEnum):
    BUNDLE = "bundle"
    HTML = "html"
    PDF = "pdf"
    JSON = "json"


@app.command(name="dossier")
def dossier_(
    measure_id: UUID,
    whom: Annotated[str, typer.Option("--for", help="judge, member:ID or signatory:CODE.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    form: Annotated[Form, typer.Option(help="The bundle is what `ambito verify` checks.")] = Form.BUNDLE,
    as_of: Annotated[
        str | None, typer.Option(help="As the facts were known at this instant, with its offset; else now.")
    ] = None,
    by: Annotated[UUID, typer.Option(help="Who reads it, for the access log.")] = AT_THE_MACHINE,
) -> None:
    """The dossier of a measure: seventeen points, each with its facts or what is missing."""
    from api.documents.document import Unprintable
    from deploy.dossier import NoDossier, made, note
    from deploy.processes import opened_log
    from domain.bundle.gather import NotSignedYet
    from domain.dossier import redaction
    from domain.refused import Refused

    settings = Settings()
    at = _instant(as_of)
    try:
        reader = redaction(whom)
    except Refused:
        raise fail(f"--for {whom}: judge, member:ID or signatory:CODE") from None
    url = settings.database_url or described(settings)["database_url"]
    with keys_that_open(), opened_log(settings, url) as log:
        try:
            found, raw = made(log, settings, measure_id, reader, at, form)
        except (NoDossier, NotSignedYet, Unprintable) as error:
            raise fail(str(error)) from None
        note(log, by, found)
    try:
        output.write_bytes(raw)
    except OSError as error:
        raise fail(f"{output} cannot be written: {error.strerror}") from None
    gaps = len({gap for point in found.points for gap in point.missing})
    say(f"{output}: {len(raw)} bytes, {len(found.timeline)} facts, {gaps} things not on record")


def _instant(text: str | None) -> datetime | None:
    from domain.contract import BadValue, decode

    try:
        return decode(datetime, text) if text else None
    except BadValue as bad:
        raise fail(f"--as-of {text}: {bad.because}") from None
