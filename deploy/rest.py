"""A client of the API for our own commands: one connection a thread, patient while the API restarts."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

BASE = "/rest/adi/v1"


class Unreachable(RuntimeError):
    """The API did not answer for as long as we were ready to wait."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def problem(self) -> str:
        """The rule and detail of a problem document, in one line."""
        if not isinstance(self.body, dict):
            return f"HTTP {self.status}"
        said = [str(self.body[key]) for key in ("rule", "detail") if self.body.get(key)]
        places = [f"{e.get('where')}: {e.get('because')}" for e in self.body.get("errors", [])]
        return f"HTTP {self.status} " + ": ".join(said + places)


class Rest:
    """Calls ``<url>/rest/adi/v1``. Repeats a call that found no API, and those answered 429 or 503.

    A POST may be repeated because its Idempotency-Key makes it one act, however often it arrives.
    """

    def __init__(self, url: str, patience: float = 30.0) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._patience = patience
        self._mine = threading.local()

    def get(self, path: str, token: str | None = None) -> Answer:
        return self._call("GET", path, token, None, {})

    def post(self, path: str, token: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        return self._call("POST", path, token, orjson.dumps(body), headers or {})

    def close(self) -> None:
        """Let go of the connection of this thread; the next call opens another."""
        connection = getattr(self._mine, "connection", None)
        if connection is not None:
            connection.close()
            self._mine.connection = None

    def _call(
        self, method: str, path: str, token: str | None, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        sent = {"Content-Type": "application/json", **headers} if body is not None else dict(headers)
        if token:
            sent["Authorization"] = f"Bearer {token}"
        deadline, pause = time.monotonic() + self._patience, 0.05
        while True:
            try:
                answer = self._once(method, path, body, sent)
                if answer.status not in (429, 503):
                    return answer
                reason = answer.problem
            except (OSError, http.client.HTTPException) as error:
                self.close()
                reason = type(error).__name__
            if time.monotonic() + pause > deadline:
                raise Unreachable(f"no answer from {self._host}:{self._port} ({reason})")
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = self._connection()
        connection.request(method, BASE + path, body, dict(headers))
        response = connection.getresponse()
        text = response.read()
        is_json = "json" in (response.getheader("Content-Type") or "")
        return Answer(response.status, dict(response.getheaders()), orjson.loads(text) if is_json else text)

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
            self._mine.connection = connection
        return connection
