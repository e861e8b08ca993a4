"""Signing keys kept in files, as JSON Web Keys (Ed25519): the local token issuer's, the recipients'."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import orjson
from joserfc.jwk import OKPKey

from deploy.kept import write_private


def private_key(path: Path) -> OKPKey:
    """The key in ``path``, made at the first call; only the owner of the file may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = OKPKey.generate_key("Ed25519").as_dict(private=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        write_private(draft, orjson.dumps(made).decode())
        # A link appears whole or not at all: of two processes that come first at once, one key stands.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return OKPKey.import_key(orjson.loads(path.read_bytes()))


def public_part(key: OKPKey) -> str:
    """What may be published of a key, as a JWK in text."""
    return orjson.dumps(key.as_dict(private=False)).decode()
