"""Whether what was kept of an exchange still proves itself, by the keys that lie beside it alone."""

from __future__ import annotations

from api.security.integrity import signed_headers
from api.security.jws import Statement, public_key, signed_with, taken_apart
from api.tokens import NotAuthenticated
from domain.ledger.exchanges import Signed


def proves_itself(kept: Signed) -> bool:
    """Whether each signature verifies with a key that was kept, and is over the digest that was kept."""
    try:
        said = [taken_apart(text, "kept") for text in (kept.signature, kept.tracking) if text]
        if kept.signature and signed_headers(said[0])["digest"] != kept.digest:
            return False
        return all(_by_one_of(kept, it) for it in said)
    except (NotAuthenticated, LookupError, ValueError):
        return False


def _by_one_of(kept: Signed, it: Statement) -> bool:
    return any(signed_with(it, public_key(jwk)) for jwk in kept.keys)
