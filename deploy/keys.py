"""Signing keys kept in files, as JSON Web Keys (Ed25519): the token issuer's, the recipients', the log's."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from deploy.kept import write_private


class UnusableKey(RuntimeError):
    """A key file that holds no private Ed25519 key; the text names the file."""


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


def ed25519(path: Path) -> Ed25519PrivateKey:
    """The same key for who signs with it. Raises UnusableKey."""
    try:
        found = private_key(path).private_key
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise UnusableKey(
            f"{path} holds no private Ed25519 key as JWK: restore it, or move it away for a new one"
        )
    return found


def public_key(path: Path) -> dict[str, Any]:
    """The public key that lies in ``path`` as a JWK. Raises UnusableKey, also for a private one."""
    try:
        key = OKPKey.import_key(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        raise UnusableKey(f"{path} holds no public Ed25519 key as JWK") from None
    if key.is_private:
        raise UnusableKey(f"{path} holds a private key: who only checks tokens is given the public one")
    return dict(key.as_dict(private=False))


def public_part(key: OKPKey) -> str:
    """What may be published of a key, as a JWK in text."""
    return orjson.dumps(key.as_dict(private=False)).decode()
