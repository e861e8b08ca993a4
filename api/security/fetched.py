"""JSON from a server that we trust by its address: over TLS, nowhere else than asked, and not for long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson

TIMEOUT = 3.0
"""Seconds: a caller waits meanwhile."""

LARGEST = 1 << 20
"""Bytes: PDND's own key set has about 2,000."""


class NotFetched(Exception):
    """The server is away, or its answer is not what was asked for."""


class NotThere(Exception):
    """The server answered that there is no such thing."""


class _Here(HTTPRedirectHandler):
    """Follows nobody elsewhere: who moved tells its new address to people."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = build_opener(_Here)


def fetch(url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> dict[str, Any]:
    """The object at an address, or what it answers a form. Raises NotFetched, NotThere."""
    try:
        with _OPENER.open(Request(url, body, dict(headers or {})), timeout=TIMEOUT) as answer:
            found = orjson.loads(answer.read(LARGEST))
    except HTTPError as error:
        raise (NotThere if error.code == 404 else NotFetched)(f"HTTP {error.code}") from None
    except (OSError, ValueError) as error:
        raise NotFetched(type(error).__name__) from None
    if not isinstance(found, dict):
        raise NotFetched("no object")
    return found
