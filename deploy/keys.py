"""Signing keys kept in files, as JSON Web Keys (Ed25519): the local token issuer's, the recipients'."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
from joserfc.jwk import OKPKey


def private_key(path: Path) -> OKPKey:
    """The key in ``path``, made at the first call; only the owner of the file may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that come first at once, one writes and the other reads
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return OKPKey.import_key(orjson.loads(path.read_bytes()))
    key = OKPKey.generate_key("Ed25519")
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps(key.as_dict(private=True)))
    return key


def public_part(key: OKPKey) -> str:
    """What may be published of a key, as a JWK in text."""
    return orjson.dumps(key.as_dict(private=False)).decode()
