"""The few calls that a recipient makes to the Ambito's API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import orjson

from domain.contract import Json

BASE = "/rest/adi/v1"

TIMEOUT = 10.0
"""Seconds: a page of the feed is one indexed read."""


class CallFailed(RuntimeError):
    """The API answered with an error, whose body is not repeated, or not at all (``status`` 0).

    ``rule`` is the name of the rule in its problem document, where there is one.
    """

    def __init__(self, status: int, because: str, rule: str | None = None) -> None:
        super().__init__(because)
        self.status, self.rule = status, rule


class Rest:
    """The API at a base url, over one connection that is kept. Not thread-safe. Redirects are not followed.

    ``token`` gives the bearer token of the moment, ``over`` the headers that sign a body, where it is signed.
    """

    def __init__(
        self, api_url: str, token: Callable[[], str], over: Callable[[bytes], Mapping[str, str]] | None = None
    ) -> None:
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the API's address must be an http or https url")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        self._base, self._token, self._over = parts.path.rstrip("/") + BASE, token, over

    def get(self, path: str) -> Json:
        return self._call("GET", path, None)

    def post(self, path: str, body: Json) -> Json:
        return self._call("POST", path, body)

    def close(self) -> None:
        self._connection.close()

    def _call(self, method: str, path: str, body: Json) -> Json:
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        sent = None
        if body is not None:
            headers["Content-Type"], sent = "application/json", orjson.dumps(body)
            headers |= self._over(sent) if self._over else {}
        try:
            self._connection.request(method, self._base + path, sent, headers)
            with self._connection.getresponse() as answer:
                status, text = answer.status, answer.read()
        except (OSError, HTTPException) as error:
            # The next call opens a new connection.
            self._connection.close()
            raise CallFailed(0, type(error).__name__) from None
        if not 200 <= status < 300:
            raise CallFailed(status, f"HTTP {status}", _rule(text))
        try:
            return orjson.loads(text) if text else None
        except orjson.JSONDecodeError:
            raise CallFailed(status, "the answer is not JSON") from None


_RULE = re.compile(r"[A-Z_]{1,60}\Z")


def _rule(text: bytes) -> str | None:
    try:
        rule = orjson.loads(text)["rule"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return rule if isinstance(rule, str) and _RULE.match(rule) else None
