"""Signing keys for the tests, as JSON Web Keys."""

from __future__ import annotations

from typing import Any

from joserfc.jwk import OKPKey


def new_key() -> dict[str, Any]:
    """A private key."""
    return dict(OKPKey.generate_key("Ed25519").as_dict(private=True))


def public_part(private_jwk: dict[str, Any]) -> dict[str, Any]:
    """The key that verifies what a private key signs."""
    return dict(OKPKey.import_key(private_jwk).as_dict(private=False))
