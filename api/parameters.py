"""Parameters of queries: instants, pages and their cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query

from api.json import Json
from api.problems import Wrong, bad_value
from domain.contract import BadValue, decode

CODE = "^[a-z0-9][a-z0-9-]*$"
"""What the code of an agency or a recipient looks like."""

Version = Annotated[int, Path(ge=0, le=2**31 - 1, json_schema_extra={"format": "int32"})]
Instant = Annotated[str | None, Query(max_length=40, json_schema_extra={"format": "date-time"})]
Cursor = Annotated[str | None, Query(max_length=40, pattern="^[0-9A-Za-z-]*$")]
Day = Annotated[str | None, Query(max_length=10, json_schema_extra={"format": "date"})]
DayCursor = Annotated[
    str | None,
    Query(max_length=40, pattern="^[0-9]{8}[0-9a-f]{32}$"),
]
"""A place in a list ordered by day and id."""

Limit = Annotated[int, Query(ge=1, le=100, json_schema_extra={"format": "int32"})]

ManyRows = Annotated[int, Query(ge=1, le=1000, json_schema_extra={"format": "int32"})]
"""The same for a list that is also kept as a file."""


def as_instant(name: str, text: str | None) -> datetime | None:
    """An instant with its offset (RFC 3339)."""
    if text is None:
        return None
    try:
        return decode(datetime, text)
    except BadValue as bad:
        raise bad_value(Wrong(name, bad.because)) from None


def as_day(name: str, text: str | None) -> date | None:
    """A day (YYYY-MM-DD)."""
    if text is None:
        return None
    try:
        return decode(date, text)
    except BadValue as bad:
        raise bad_value(Wrong(name, bad.because)) from None


def as_period(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Two days, each of them open where it is left out."""
    from_day, to_day = as_day("from", first), as_day("to", last)
    if from_day and to_day and to_day < from_day:
        raise bad_value(Wrong("to", "is before from"))
    return from_day, to_day


def cursor_of(day: str, row_id: str) -> str:
    """Where to go on after a row, by its day and its id as JSON has them."""
    return day.replace("-", "") + row_id.replace("-", "")


def place_of(cursor: str | None) -> tuple[date | None, UUID | None]:
    """The day and the id of the row after which to go on."""
    if cursor is None:
        return None, None
    day = as_day("cursor", f"{cursor[:4]}-{cursor[4:6]}-{cursor[6:8]}")
    return day, UUID(cursor[8:])


def page(items: Sequence[Any], limit: int, cursor: Callable[[Any], str]) -> Json:
    """The first items of a list, and where to go on; null at its end."""
    shown = items[:limit]
    more = len(items) > limit
    return Json({"items": shown, "next_cursor": cursor(shown[-1]) if more else None})
