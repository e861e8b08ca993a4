"""The keys that PDND signs vouchers with, by their ``kid``: held, and asked for again when one is new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from joserfc.errors import JoseError

from api.security.fetched import NotFetched, NotThere
from api.security.jws import Key, public_key

ASK_AGAIN = 60.0
"""Seconds between two questions at least: a ``kid`` that nobody has is not asked for each time."""

OLD = 3600.0
"""Seconds after which the set is asked for again: no longer is a key believed that PDND withdrew."""

_log = structlog.get_logger("ambito.api")


class Jwks:
    """Thread-safe. One thread asks, and no other waits for it: what is held goes on being answered."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        self._keys: dict[str, Key] = {}
        self._lost = True
        self._held_since = self._asked = float("-inf")
        self._asking = threading.Lock()

    def key(self, kid: str) -> Key | None:
        """The key, where PDND has it. While PDND is away the last set that came from it stands.

        Raises NotFetched where that has no such key, and PDND could not be asked.
        """
        if kid not in self._keys or self._clock() > self._held_since + OLD:
            self.ask()
        if kid not in self._keys and self._lost:
            raise NotFetched
        return self._keys.get(kid)

    def ask(self) -> None:
        """Ask for the set, unless that was done a moment ago or another thread is at it."""
        if self._clock() < self._asked + ASK_AGAIN or not self._asking.acquire(blocking=False):
            return
        try:
            self._asked = self._clock()
            self._keys = _usable(self._fetch())
            self._held_since, self._lost = self._asked, False
        except (NotFetched, NotThere, LookupError, TypeError) as error:
            self._lost = True
            _log.warning("the keys of PDND cannot be had", error=type(error).__name__, held=len(self._keys))
        finally:
            self._asking.release()


def _usable(found: Mapping[str, Any]) -> dict[str, Key]:
    """The keys of a set that we can use. Raises LookupError where there is none: an empty set is a fault."""
    keys: dict[str, Key] = {}
    for jwk in found["keys"]:
        try:
            keys[jwk["kid"]] = public_key(jwk)
        except (JoseError, LookupError, ValueError, TypeError):
            continue  # of another kind, for another use
    if not keys:
        raise LookupError
    return keys
