"""The door of every endpoint: who is calling, by a trust of the register or with a token for development."""

from __future__ import annotations

from fastapi import Request
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from starlette.concurrency import run_in_threadpool

from api import tokens
from api.body import read
from api.security.jws import REGISTRY
from api.security.received import only, received
from api.security.wire import Believed, Wire
from api.tokens import NotAuthenticated, Verifier
from api.who import Who
from domain.ledger.exchanges import Signed


async def who_calls(request: Request, operation: str, verifier: Verifier | None, wire: Wire | None) -> Who:
    """Raises NotAuthenticated, the same whatever was wrong. ``verifier`` is that of development tokens."""
    header = only(request, "Authorization")
    if wire is None or (verifier is not None and _for_development(header)):
        if verifier is None:
            raise NotAuthenticated
        return verifier.who(header)
    return await _by_trust(request, operation, wire)


async def _by_trust(request: Request, operation: str, wire: Wire) -> Who:
    """The token before the body is read, and both in a thread: keys may have to be asked for."""
    said = received(request, operation)
    by = await run_in_threadpool(wire.entered, said)
    believed = await run_in_threadpool(wire.believed, by, said, await read(request))
    request.state.believed = believed
    return believed.who


def signed_request(request: Request) -> Signed | None:
    """The request as it is kept in evidence, where it came by a trust."""
    believed: Believed | None = getattr(request.state, "believed", None)
    return believed.request if believed else None


def _for_development(header: str | None) -> bool:
    """Whether a token says that it is one of our own issuer's. Whether it is, the verifier finds."""
    try:
        parts = extract_compact((header or "").partition(" ")[2].encode(), registry=REGISTRY)
        return bool(parts.headers()["alg"] == tokens.ALGORITHM)
    except (JoseError, LookupError, ValueError, TypeError, RecursionError):
        return False
