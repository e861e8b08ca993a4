"""Around every request: its id, its bounds, one line in the log, an answer for whatever fails inside.

Nothing is cached but what says itself that it may be. What may not be seen and what does not exist are told
with the same words and, as far as an office can measure, after the same time; so is what a search finds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog
from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bounds import Bounds
from api.described.routes import DOCUMENT
from api.limits import Limits, address, count
from api.load import Load
from api.problems import RETRY_AFTER, Problem, document, unavailable
from domain.contract import instant
from projections.metrics import REQUEST_SECONDS, REQUESTS

UNKNOWN_AFTER = 0.02
"""Seconds from a request to the answer that there is nothing: to find a case and judge it hidden takes 3 ms
where to find none takes 1 (p50, one client). What takes longer than this under load still differs, by less
than the load does.
"""

ALIKE_AFTER = 0.1
"""Seconds from a request to its answer, whatever that says, where the endpoint wants it (``answer_alike``):
to find no codice fiscale takes 4 ms; to find it in a case of the reader's, who was not told it, 6 to 10.
"""

_log = structlog.get_logger("ambito.api")

SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
)
"""What a browser must not do with any answer."""

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""What a page may load, unless it says so itself."""


def add_gate(app: FastAPI, bounds: Bounds, clock: Callable[[], datetime], base: str) -> None:
    """Put an application behind its gate; ``state.load`` is where it is told to stop."""
    app.state.bounds, app.state.limits = bounds, Limits(bounds)
    app.state.load = Load(bounds.in_hand, bounds.waiting)
    app.add_middleware(
        Gate, clock=clock, bounds=bounds, limits=app.state.limits, load=app.state.load, base=base
    )


class Gate:
    """The outermost layer. No value of a request, no text of an exception ever reaches the log.

    ``base`` is the path of the document and of the probes, which are answered whatever else is in hand.
    """

    def __init__(
        self,
        app: ASGIApp,
        clock: Callable[[], datetime],
        bounds: Bounds,
        limits: Limits,
        load: Load,
        base: str,
    ) -> None:
        self._app, self._clock, self._bounds, self._limits, self._load = app, clock, bounds, limits, load
        self._probes = frozenset(f"{base}/{name}" for name in ("status", "livez", "readyz"))
        self._ready = f"{base}/readyz"
        self._describes = (b"link", f'<{base}{DOCUMENT}>; rel="service-desc"'.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        sent: dict[str, Any] = {"status": 0}
        started = time.perf_counter()
        dressed = self._dressed(scope, _held(scope, send, started), sent)
        try:
            await self._pass(scope, receive, dressed)
        except Exception as error:
            refused = error if isinstance(error, Problem) else _problem_of(error)
            if refused is not error:
                sent["error"] = f"{type(error).__name__} at {_place(error)}"
            if sent["status"] == 0:
                await document(refused)(scope, receive, dressed)
        finally:
            self._note(scope, sent, time.perf_counter() - started)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in self._probes:
            if scope["path"] == self._ready:
                self._load.check_goes_on()
            await self._app(scope, receive, send)
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._bounds.header_bytes:
            raise Problem(431, "HEADERS_TOO_LARGE")
        if not any(name == b"authorization" for name, _ in scope["headers"]):
            count(scope, self._limits, address(scope))
        with self._load.one_more():
            async with asyncio.timeout(self._bounds.seconds):
                await self._app(scope, receive, send)

    def _dressed(self, scope: Scope, send: Send, sent: MutableMapping[str, Any]) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = str(scope["state"]["request_id"])
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Content-Security-Policy", NOTHING)
                message["headers"] += [*SAFE, self._describes, *self._quota(scope)]
            await send(message)

        return dressed

    def _quota(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """What is left to the client; to who was refused before it was known, what is left to its address."""
        if scope["path"] in self._probes:
            return []
        quota = scope["state"].get("quota") or self._limits.take(address(scope))
        return [
            (b"x-ratelimit-limit", b"%d" % quota.limit),
            (b"x-ratelimit-remaining", b"%d" % quota.remaining),
            (b"x-ratelimit-reset", b"%d" % quota.reset),
        ]

    def _note(self, scope: Scope, sent: dict[str, Any], seconds: float) -> None:
        """What the national rules want of each request (RAC_GEN_LOG_01), and no id out of its path."""
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
            consumer=who.through if who else None,
            address=address(scope),
            request_id=str(scope["state"]["request_id"]),
            duration_s=round(seconds, 6),
            **({"failed": scope["state"]["failed"]} if scope["state"].get("failed") else {}),
            **sent,
        )


async def answer_alike(request: Request) -> None:
    """A dependency: no answer to this request is given before ALIKE_AFTER."""
    request.state.alike = True


def _held(scope: Scope, send: Send, started: float) -> Send:
    """Keeps back a 404, and what is to be answered alike; whoever waits holds no thread and no connection."""

    async def held(message: Message) -> None:
        if message["type"] == "http.response.start":
            unknown, alike = message["status"] == 404, "alike" in scope["state"]
            if after := ALIKE_AFTER if alike else UNKNOWN_AFTER if unknown else 0.0:
                await asyncio.sleep(max(0.0, after - (time.perf_counter() - started)))
        await send(message)

    return held


NO_VIEW = (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege)
"""Who keeps the views of this version has not made them, or has let no reader in: ask again."""


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, TimeoutError):
        return Problem(503, "OUT_OF_TIME", headers={"Retry-After": RETRY_AFTER})
    if isinstance(error, NO_VIEW):
        return Problem(503, "NOT_BUILT", headers={"Retry-After": RETRY_AFTER})
    return unavailable(error) or Problem(500, "FAILED")


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
