"""Around every request: its id, one line in the log, an answer for whatever fails inside.

Nothing is cached but what says itself that it may be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, document, unavailable
from domain.contract import instant
from projections.metrics import REQUEST_SECONDS, REQUESTS

_log = structlog.get_logger("ambito.api")


class Gate:
    """The outermost layer. No value of a request, no text of an exception ever reaches the log."""

    def __init__(self, app: ASGIApp, clock: Callable[[], datetime]) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        sent: dict[str, Any] = {"status": 0}
        started = time.perf_counter()
        try:
            await self._app(scope, receive, _dressed(send, state["request_id"], sent))
        except Exception as error:
            sent["error"] = f"{type(error).__name__} at {_place(error)}"
            if sent["status"] == 0:
                answer = document(unavailable(error) or Problem(500, "FAILED"))
                await answer(scope, receive, _dressed(send, state["request_id"], sent))
        finally:
            self._note(scope, sent, time.perf_counter() - started)

    def _note(self, scope: Scope, sent: dict[str, Any], seconds: float) -> None:
        route, who = scope.get("route"), scope["state"].get("who")
        operation = getattr(route, "operation_id", None)
        REQUESTS.labels(operation or "none", str(sent["status"])).inc()
        REQUEST_SECONDS.labels(operation or "none").observe(seconds)
        _log.info(
            "request",
            instant=instant(self._clock()),
            method=scope["method"],
            route=getattr(route, "path", None),
            operation=operation,
            agency=who.agency if who else None,
            request_id=str(scope["state"]["request_id"]),
            duration_s=round(seconds, 6),
            **({"failed": scope["state"]["failed"]} if scope["state"].get("failed") else {}),
            **sent,
        )


def _dressed(send: Send, request_id: UUID, sent: MutableMapping[str, Any]) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent["status"] = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = str(request_id)
            headers.setdefault("Cache-Control", "no-store")
            headers["X-Content-Type-Options"] = "nosniff"
        await send(message)

    return dressed


def _request_id(scope: Scope) -> UUID:
    """The client's own id where it is a UUID: any other text might be a value."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return UUID(value.decode("latin-1"))
            except ValueError:
                break
    return uuid4()


def _place(error: BaseException) -> str:
    """File and line where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
