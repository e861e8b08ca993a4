"""A request as the checks see it: what they read of its headers, and its body."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from api.security.jws import LIMIT, NotBelieved

SIGNATURE, TRACKING, PROOF = "Agid-JWT-Signature", "Agid-JWT-TrackingEvidence", "DPoP"


@dataclass(frozen=True, slots=True)
class Received:
    """``address`` is where the client meant to send it: what we are known by outside, and the path."""

    scheme: str
    token: str
    method: str
    path: str
    operation: str
    proof: str | None
    digest: str | None
    signature: str | None
    tracking: str | None
    content_type: str | None
    content_encoding: str | None
    command_id: UUID | None
    case_id: UUID | None


def received(request: Request, operation: str) -> Received:
    """Raises NotBelieved where a header came twice, or is too long to be looked at."""
    scheme, _, token = (_only(request, "Authorization") or "").partition(" ")
    return Received(
        scheme=scheme.lower(),
        token=token,
        method=request.method,
        path=request.url.path,
        operation=operation,
        proof=_only(request, PROOF),
        digest=_only(request, "Digest"),
        signature=_only(request, SIGNATURE),
        tracking=_only(request, TRACKING),
        content_type=_only(request, "Content-Type"),
        content_encoding=_only(request, "Content-Encoding"),
        command_id=_uuid(request.headers.get("idempotency-key")),
        case_id=_uuid(request.path_params.get("case_id")),
    )


def _only(request: Request, name: str) -> str | None:
    """A header that may come once: of two, a gateway in front might have checked the other."""
    found = request.headers.getlist(name)
    if len(found) > 1:
        raise NotBelieved(f"{name}: came twice")
    if found and len(found[0]) > LIMIT:
        raise NotBelieved(f"{name}: too long")
    return found[0] if found else None


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
