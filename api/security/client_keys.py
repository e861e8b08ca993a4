"""The keys that clients registered on PDND: who signs what is found by its ``kid``, and whose the key is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from joserfc.errors import JoseError

from api.security.claims import Signer
from api.security.fetched import NotFetched, NotThere
from api.security.jws import public_key

OLD = 3600.0
"""Seconds after which a key is asked for again: one that its client withdrew signs no longer than that."""

UNKNOWN = 60.0
"""Seconds that PDND is not asked again for a ``kid`` that it does not have, or for one that it had."""

AWAY = 5.0
"""Seconds that a PDND that is away is not asked for a new ``kid``: whoever asks waits for the answer."""

KEPT = 1024
"""Keys held: the clients of a large Ambito are some tens."""


class ClientKeys:
    """By ``GET /keys/{kid}`` of PDND: the JWK and the client that it belongs to. Thread-safe."""

    def __init__(self, fetch: Callable[[str], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        self._held: OrderedDict[str, tuple[float, Signer | None]] = OrderedDict()
        self._mutex = threading.Lock()
        self._away_until = float("-inf")

    def signer(self, kid: str) -> Signer | None:
        """Whose key it is. While PDND is away what it said last stands.

        Raises NotFetched where it said nothing.
        """
        with self._mutex:
            until, signer = self._held.get(kid, (float("-inf"), None))
        if self._clock() < until:
            return signer
        if signer is None and self._clock() < self._away_until:
            raise NotFetched
        good_for = UNKNOWN
        try:
            signer, good_for = _signer(self._fetch(kid)), OLD
        except (NotThere, JoseError, LookupError, ValueError, TypeError):
            signer = None
        except NotFetched:
            self._away_until = self._clock() + AWAY
            if signer is None:
                raise
        self._keep(kid, self._clock() + good_for, signer)
        return signer

    def _keep(self, kid: str, until: float, signer: Signer | None) -> None:
        with self._mutex:
            self._held[kid] = until, signer
            self._held.move_to_end(kid)
            if len(self._held) > KEPT:
                self._held.popitem(last=False)


def _signer(found: Mapping[str, Any]) -> Signer:
    client = found["clientId"]
    if not isinstance(client, str):
        raise TypeError
    return Signer(client, public_key(found["jwk"]))
