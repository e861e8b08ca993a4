"""Parameters of queries: instants, pages and their cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from api.json import Json
from api.problems import Wrong, bad_value
from domain.contract import BadValue, decode

Instant = Annotated[str | None, Query(max_length=40, json_schema_extra={"format": "date-time"})]
Cursor = Annotated[str | None, Query(max_length=40, description="The next_cursor of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100, json_schema_extra={"format": "int32"})]


def as_instant(name: str, text: str | None) -> datetime | None:
    """An instant with its offset (RFC 3339)."""
    if text is None:
        return None
    try:
        return decode(datetime, text)
    except BadValue as bad:
        raise bad_value(Wrong(name, bad.because)) from None


def page(items: Sequence[Any], limit: int, cursor: Callable[[Any], str]) -> Json:
    """The first items of a list, and where to go on; null at its end."""
    shown = items[:limit]
    more = len(items) > limit
    return Json({"items": shown, "next_cursor": cursor(shown[-1]) if more else None})
