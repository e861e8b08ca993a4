"""The digest of each value of an event, and how an event holds them. Pure: no key, no database.

The digest of a value is ``sha256(salt ‖ length of path ‖ path ‖ canonical value)``, with
``salt = BLAKE2b(event id ‖ path)``, keyed with that of the person it speaks of, or of the case. An event's
digests are stored sorted and without their paths (the idea of SD-JWT), one after another: who is shown one
value by path, salt and value can find its digest, and learns nothing of the others.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import orjson

from domain.contract import Json


def canonical(value: Json) -> bytes:
    """The one text of a JSON value: keys sorted, no spaces, no floats (RFC 8785 for these values)."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(salt: bytes, path: str, value: Json) -> bytes:
    """The digest of one value."""
    return sha256(salt + placing(path)[1] + canonical(value)).digest()


@lru_cache(maxsize=65_536)
def placing(path: str) -> tuple[bytes, bytes]:
    """A path in bytes, and with its length before it: how a salt and a digest name the place of a value."""
    where = path.encode()
    return where, len(where).to_bytes(4, "big") + where


DIGEST = 32
"""Bytes of one."""


def together(digests: Sequence[bytes]) -> str:
    """Digests as they stand in the envelope: one after another, in base64."""
    return base64.b64encode(b"".join(digests)).decode()


def apart(digests: str) -> tuple[bytes, ...]:
    """The inverse of :func:`together`. Raises ValueError for what is none."""
    joined = base64.b64decode(digests, validate=True)
    if len(joined) % DIGEST:
        raise ValueError("not whole digests")
    return tuple(joined[n : n + DIGEST] for n in range(0, len(joined), DIGEST))
