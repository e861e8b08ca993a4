"""One kept connection a thread; what may be repeated is repeated, for as long as the caller is patient."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import orjson

from consumers.client.failures import CallFailed, Refused, Unreachable

BASE = "/rest/adi/v1"

TIMEOUT = 30.0
"""Seconds for one attempt."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds before the second attempt, doubled each time; a Retry-After of the register goes before it."""

KEY = "Idempotency-Key"

LATER = (429, 503)
"""The register did nothing and says so: any call may be repeated."""

JSON = "application/json"

T = TypeVar("T")

Token = Callable[[], str]
"""Gives the bearer token of the moment."""

Over = Callable[[bytes, Mapping[str, str]], Mapping[str, str]]
"""Gives the headers that sign a body and the headers it is sent with, anew for each attempt: a statement is
believed once.
"""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a call was answered. Names of headers are in lower case; ``body`` is None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: T

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")


class Transport:
    """The API at a base url. Thread-safe. Redirects are not followed.

    A call that found nobody, or was told to come later, is repeated within ``patience`` seconds. A POST whose
    answer was lost is repeated only under its Idempotency-Key: that makes it one act, however often it comes.
    ``over`` is for a caller that signs what it sends.
    """

    def __init__(self, api_url: str, patience: float = 0.0, over: Over | None = None) -> None:
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the API's address must be an http or https url")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/") + BASE
        self._patience, self._over = patience, over
        self._mine = threading.local()

    def call(
        self,
        method: str,
        path: str,
        token: Token | None = None,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        headers: Mapping[str, object] | None = None,
        accept: str = JSON,
    ) -> Answer[Any]:
        """The answer; parameters and headers that are None are left out.

        Raises Refused, Unreachable, or CallFailed where an error has no document or an answer does not read.
        """
        given = _texts(query)
        target = self._base + path + (f"?{urlencode(given)}" if given else "")
        sent = {"Accept": accept, **_texts(headers)}
        content = None
        if body is not None:
            sent["Content-Type"], content = JSON, orjson.dumps(body)
        deadline, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            try:
                return self._attempt(method, target, content, sent, token)
            except Unreachable as error:
                wait = max(pause, error.retry_after)
                if time.monotonic() + wait > deadline:
                    raise
            time.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def close(self) -> None:
        """Let go of the connection of this thread; the next call opens another."""
        connection = getattr(self._mine, "connection", None)
        if connection is not None:
            connection.close()
            self._mine.connection = None

    def _attempt(
        self, method: str, target: str, content: bytes | None, sent: dict[str, str], token: Token | None
    ) -> Answer[Any]:
        """Raises Unreachable where another attempt does no harm."""
        if token is not None:
            sent["Authorization"] = f"Bearer {token()}"
        if content is not None and self._over is not None:
            sent |= self._over(content, sent)
        try:
            status, headers, raw = self._exchange(method, target, content, sent)
        except (OSError, HTTPException) as error:
            self.close()  # the next attempt opens a new connection
            repeatable = method == "GET" or KEY in sent or isinstance(error, ConnectionRefusedError)
            kind = Unreachable if repeatable else CallFailed
            raise kind(0, f"no answer from {self._host}:{self._port} ({type(error).__name__})") from None
        if status >= 400:
            raise _failure(status, headers, raw)
        return Answer(status, headers, _read(status, headers, raw))

    def _exchange(
        self, method: str, target: str, content: bytes | None, sent: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        connection = self._connection()
        connection.request(method, target, content, sent)
        with connection.getresponse() as response:
            headers = {name.lower(): value for name, value in response.getheaders()}
            return response.status, headers, response.read()

    def _connection(self) -> HTTPConnection:
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._kind(self._host, self._port, timeout=TIMEOUT)
            self._mine.connection = connection
        return connection


def part(value: object) -> str:
    """A value as a part of a path."""
    return quote(str(value), safe="")


def _texts(given: Mapping[str, object] | None) -> dict[str, str]:
    return {name: _text(value) for name, value in (given or {}).items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _read(status: int, headers: Mapping[str, str], raw: bytes) -> Any:
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if not raw:
        return None
    if kind == JSON or kind.endswith("+json"):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise CallFailed(status, "the answer is not JSON") from None
    return raw.decode() if kind.startswith("text/") else raw


def _failure(status: int, headers: Mapping[str, str], raw: bytes) -> CallFailed:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        document = None
    refused = Refused(status, document) if isinstance(document, dict) else None
    if status in LATER:
        after = headers.get("retry-after", "")
        rule = refused.rule if refused else None
        return Unreachable(status, f"HTTP {status}", rule, float(after) if after.isdecimal() else 0.0)
    return refused or CallFailed(status, f"HTTP {status}")
