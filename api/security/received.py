"""A request as the checks see it: what they read of its headers, and its body."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from starlette.datastructures import Headers

from api.security.jws import LIMIT, NotBelieved

SIGNATURE, TRACKING, PROOF = "Agid-JWT-Signature", "Agid-JWT-TrackingEvidence", "DPoP"


@dataclass(frozen=True, slots=True)
class Received:
    """``scheme`` and ``token`` are those of its authorization, the ids those of its act and its case."""

    scheme: str
    token: str
    method: str
    path: str
    operation: str
    proof: str | None
    digest: str | None
    signature: str | None
    tracking: str | None
    headers: Headers
    command_id: UUID | None
    case_id: UUID | None


def received(request: Request, operation: str) -> Received:
    """Raises NotBelieved where a header came twice, or is too long to be looked at."""
    scheme, _, token = (only(request, "Authorization") or "").partition(" ")
    return Received(
        scheme=scheme.lower(),
        token=token,
        method=request.method,
        path=request.url.path,
        operation=operation,
        proof=only(request, PROOF),
        digest=only(request, "Digest"),
        signature=only(request, SIGNATURE),
        tracking=only(request, TRACKING),
        headers=request.headers,
        command_id=_uuid(request.headers.get("idempotency-key")),
        case_id=_uuid(request.path_params.get("case_id")),
    )


def only(request: Request, name: str) -> str | None:
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
