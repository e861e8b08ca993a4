"""Signed answers: digest and signature over the bytes that are really sent, and the evidence of both ways.

An answer is signed for who came by a trust, refusals too. What fails outside of any answer (500, or a
database that is away) is not: it states nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from joserfc import jws
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.integrity import digest_of
from api.security.jws import REGISTRY, Key
from api.security.received import SIGNATURE
from domain.contract import Json

GOOD_FOR = 300
"""Seconds in which the client is to have looked at an answer."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The key that signs answers, the header that names it (``kid``, ``x5c``), and who we are."""

    key: Key
    header: Mapping[str, Any]
    issuer: str

    @property
    def public(self) -> dict[str, Json]:
        return dict(self.key.as_dict(private=False))

    def over(self, digest: str, content_type: str | None, to: str, request: str, now: datetime) -> str:
        """The statement for a client that this digest is that of our answer to its request (its digest)."""
        at = int(now.timestamp())
        signed = [{"digest": digest}, *([{"content-type": content_type}] if content_type else [])]
        said = {
            "iss": self.issuer,
            "aud": to,
            "iat": at,
            "nbf": at,
            "exp": at + GOOD_FOR,
            "jti": str(uuid4()),
            "signed_headers": signed,
            "request_digest": request,
        }
        return jws.serialize_compact(dict(self.header), orjson.dumps(said), self.key, registry=REGISTRY)


class Answered:
    """The layer that signs: it holds an answer back until it is whole, signed and kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def hold(message: Message) -> None:
            if believed_in(scope) is None:
                await send(message)
                return
            held.append(message)

        await self._app(scope, receive, hold)
        if held:
            await run_in_threadpool(_sign, scope, held)
            for message in held:
                await send(message)


def believed_in(scope: Scope) -> Any:
    """Who sent the request, where it came by a trust."""
    return scope.get("state", {}).get("believed")


def _sign(scope: Scope, held: list[Message]) -> None:
    wire, by = scope["app"].state.services.wire, believed_in(scope)
    headers = MutableHeaders(scope=held[0])
    body = b"".join(message.get("body", b"") for message in held)
    digest, now = digest_of(body), wire.clock()
    signature = wire.seal.over(digest, headers.get("content-type"), by.client, by.digest, now)
    headers["Digest"], headers[SIGNATURE] = digest, signature
    response = replace(
        by.request,
        direction="response",
        at=now,
        status=held[0]["status"],
        digest=digest,
        signature=signature if by.request.digest else None,  # it names the digest of the request
        tracking=None,
        keys=[wire.seal.public],
    )
    wire.exchanges.keep(by.request, response)
