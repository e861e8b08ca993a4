"""How a REST application is served, and how it stops: nothing in hand is dropped.

On SIGTERM ``/readyz`` says no and new requests are told to come again, while a balancer looks elsewhere;
then the port closes, what is in hand is finished and acknowledged, and the process ends.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.bounds import Bounds
from api.problems import Problem, document
from deploy.settings import Settings

STATEMENT_SHARE = 2 / 3
"""Of the time for an answer: a statement ends before its request is told that it came too late."""


def bounds(settings: Settings) -> Bounds:
    """What the settings let the API take on."""
    return Bounds(
        rate=settings.rate_limit,
        window=settings.rate_window,
        in_hand=settings.requests_at_once,
        seconds=settings.request_seconds,
    )


def statement_options(settings: Settings) -> str:
    """What PostgreSQL is told at the start of each connection of the API."""
    most = int(settings.request_seconds * STATEMENT_SHARE * 1000)
    return f"-c statement_timeout={most} -c idle_in_transaction_session_timeout={most}"


def run(app: FastAPI, settings: Settings, sockets: Sequence[socket.socket] | None = None) -> None:
    """Serve until SIGTERM, on ``api_host`` and ``api_port`` or on sockets that listen already."""
    config = uvicorn.Config(
        app,
        http=Http,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is counted by its address would choose it
        timeout_graceful_shutdown=int(settings.request_seconds),
        timeout_keep_alive=60,
    )
    _Draining(config, settings.drain_seconds).run(sockets=list(sockets) if sockets else None)


class Http(HttpToolsProtocol):
    """What cannot even be read as HTTP reaches no application, and is refused like all else (RFC 9457)."""

    def send_400_response(self, msg: str) -> None:
        refused = document(Problem(400, "MALFORMED_REQUEST"))
        headers = (*refused.raw_headers, (b"cache-control", b"no-store"), (b"connection", b"close"))
        lines = [b"HTTP/1.1 400 Bad Request", *(name + b": " + value for name, value in headers)]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + refused.body)
        self.transport.close()


class _Draining(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, seconds: float) -> None:
        super().__init__(config)
        self._seconds = seconds

    async def main_loop(self) -> None:
        await super().main_loop()  # until a signal
        self.config.app.state.load.stopping = True  # type: ignore[union-attr]
        await asyncio.sleep(self._seconds)
