"""How far the log has come in what a list is read from, and waiting for it: ``?wait_for=position``.

An act answers with its position; who asks a list for that position reads what the act did, or is told that
the list is not there yet. Nothing is held while somebody waits: no connection, no thread, no place among the
requests in hand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import anyio
from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from api.caller import Caller
from api.load import behind
from api.problems import Wrong, bad_value
from api.services import Services, services_of
from projections.view import View

PATIENCE = 5.0
"""Seconds: a projector that runs is hundredths of one behind; for one that stands nobody waits on."""

PAUSES = (0.01, 0.02, 0.05, 0.1)
"""Seconds to wait after the first look, the second …; then always the last."""

WaitFor = Annotated[
    int | None,
    Query(
        ge=1,
        le=2**63 - 1,
        json_schema_extra={"format": "int64"},
    ),
]

HEAD = "select position from ledger.log_head"

REACHED = """
select min(coalesce(progress.position, 0))
  from unnest(%(names)s::text[], %(versions)s::integer[]) as view (name, version)
  left join views.progress on progress.view = view.name and progress.version = view.version
"""


Look = Callable[[], int]
"""Tells the position up to which an answer holds the log. Looked before its rows are read, so that they are
never older, and in the thread that reads them: to pass from thread to thread takes longer than to look.
"""


def reached(*views: type[View[Any]]) -> Callable[..., Awaitable[Look]]:
    """A dependency: how to look how far these views hold the log, after the wait that was asked for.

    Of an office that is shown only what was disclosed to it, that is part of it too.
    """

    async def position(request: Request, who: Caller, wait_for: WaitFor = None) -> Look:
        services, disclosed = services_of(request), who.kind not in ("servizio-sociale", "ats")
        look = partial(_reached, services, views, disclosed)
        if wait_for is not None:
            if wait_for > await run_in_threadpool(_head, services):
                raise bad_value(Wrong("wait_for", "is beyond the end of the log"))
            with request.app.state.load.put_by(who.bucket):
                await _wait(wait_for, look)
        return look

    return position


async def _wait(position: int, look: Look) -> None:
    """Until so much is reached. Raises the problem of what is still behind."""
    ends, looks = anyio.current_time() + PATIENCE, 0
    while await run_in_threadpool(look) < position:
        if anyio.current_time() >= ends:
            raise behind()
        await anyio.sleep(PAUSES[min(looks, len(PAUSES) - 1)])
        looks += 1


def _head(services: Services) -> int:
    with services.all_rows.connection() as connection:
        row = connection.execute(HEAD).fetchone()
    assert row is not None
    return int(row[0])


def _reached(services: Services, views: tuple[type[View[Any]], ...], disclosed: bool) -> int:
    """One look; a list of no view is of the log itself, or of what was disclosed of it."""
    found = [services.disclosed.position()] if disclosed else []
    if views:
        asked = {"names": [view.name for view in views], "versions": [view.version for view in views]}
        with services.all_rows.connection() as connection:
            row = connection.execute(REACHED, asked, prepare=True).fetchone()
        assert row is not None
        found.append(int(row[0]))
    return min(found) if found else _head(services)


OfTheLog = Annotated[Look, Depends(reached())]
"""The same of an answer that is folded from the log, for an office as far as it was disclosed."""
