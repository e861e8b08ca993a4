"""Parameters of queries: instants, pages and their cursors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.dependencies.models import Dependant

from api.json import Json
from api.problems import Wrong, bad_value, parameter
from domain.contract import BadValue, decode

CODE = "^[a-z0-9][a-z0-9-]*$"
"""What the code of an agency or a recipient looks like."""

Version = Annotated[int, Path(ge=0, le=2**31 - 1, json_schema_extra={"format": "int32"})]
Instant = Annotated[str | None, Query(max_length=40, json_schema_extra={"format": "date-time"})]
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
    """The day and the id of the row after which to go on: any day, for a term leads beyond those of facts."""
    if cursor is None:
        return None, None
    try:
        return date.fromisoformat(cursor[:8]), UUID(cursor[8:])
    except ValueError:
        raise bad_value(Wrong("cursor", "is not the next_cursor of this list")) from None


def page(items: Sequence[Any], limit: int, cursor: Callable[[Any], str], at: int | None = None) -> Json:
    """The first items of a list, and where to go on; null at its end. ``at`` is the position it is of."""
    shown = items[:limit]
    more = len(items) > limit
    body = {"items": shown, "next_cursor": cursor(shown[-1]) if more else None}
    return Json(body, headers=at_position(at))


AT = "Log-Position"
"""The header that says how far the log has come in an answer: no fact up to there is missing."""


def at_position(at: int | None) -> dict[str, str]:
    return {} if at is None else {AT: str(at)}


def refuse_unknown(request: Request) -> None:
    """A parameter that a query does not have is never passed over: who misspells a filter would believe
    that it held. So is one that is given twice.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    if given:
        known = set(_names(request.scope["route"].dependant))
        wrong = {name: "is no parameter of this resource" for name in given if name not in known}
        wrong |= {name: "is given more than once" for name in given if given.count(name) > 1}
        if wrong:
            raise bad_value(*(Wrong(parameter(name), because) for name, because in wrong.items()))


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _names(each)
