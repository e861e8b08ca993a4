"""Lists as CSV (RFC 4180), for who works with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import Header
from starlette.responses import Response

from api.parameters import at_position
from domain.contract import Json

CSV = "text/csv"

AS_CSV: dict[str, Any] = {
    "description": "",
    "content": {CSV: {"schema": {"type": "string", "maxLength": 10_000_000, "pattern": "^[^\\x00]*$"}}},
    "headers": {
        "Next-Cursor": {
            "description": "In CSV: da dove proseguire.",
            "schema": {"type": "string", "maxLength": 100, "pattern": "^[0-9a-f]+$"},
        }
    },
}
"""What the document says of the same answer as CSV."""

Format = Literal["json", "csv"] | None
"""What a query asks for; None leaves it to the header."""

Accept = Annotated[str, Header(max_length=1000)]

NEXT = "Next-Cursor"
"""The header in which a page of CSV says where to go on."""


def as_csv(format: Format, accept: str) -> bool:
    """Whether CSV is asked for, by the query or else by the ``Accept`` header."""
    return format == "csv" or (format is None and _prefers_csv(accept))


def table(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Json]],
    next_cursor: str | None = None,
    at: int | None = None,
) -> Response:
    """A file of these rows, under a line of the columns' names. ``at`` is the position that they are of."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(columns)
    lines.writerows([_field(row[column]) for column in columns] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Accept"}
    return Response(
        written.getvalue(),
        media_type=f"{CSV}; charset=utf-8; header=present",
        headers=headers | at_position(at) | ({NEXT: next_cursor} if next_cursor else {}),
    )


def _field(value: Json) -> str:
    """A value in a cell; a text that a spreadsheet would take for a formula is marked as text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return _field(" ".join(map(str, value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else str(value)


def _prefers_csv(accept: str) -> bool:
    """Whether an ``Accept`` header asks for CSV rather than JSON; JSON where it does not matter."""
    wanted = {}
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.lower().split(";"))
        wanted[media] = max((_quality(each) for each in parameters if each.startswith("q=")), default=1.0)
    anything = wanted.get("*/*", 0.0)
    as_csv = wanted.get(CSV, wanted.get("text/*", anything))
    return as_csv > wanted.get("application/json", wanted.get("application/*", anything))


def _quality(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0
