"""Who calls an endpoint: the token first, then whether agency, role and purpose may ask for this at all."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api.limits import address, count
from api.parameters import refuse_unknown
from api.policy import Decision, allowed
from api.security.door import who_calls
from api.services import services_of
from api.tokens import NotAuthenticated
from api.who import Who
from domain.ledger.reading import Reader, read_as
from domain.refused import Refused


class Invisible(Exception):
    """A case that does not exist, or that the caller may not see; None where it is not known which."""

    def __init__(self, case_id: UUID | None) -> None:
        super().__init__(case_id)
        self.case_id = case_id


async def _caller(request: Request) -> Who:
    services, operation = services_of(request), operation_of(request)
    who = await known(request, who_calls(request, operation, services.verifier, services.wire))
    request.state.who = who
    refuse(allowed(operation, who))
    refuse_unknown(request)
    read_as(_reader(who, services.recipients))
    return who


Caller = Annotated[Who, Depends(_caller)]
"""The caller, whose agency, role and purpose the policy allows this operation: the request reads for her."""


async def known(request: Request, calls: Awaitable[Who]) -> Who:
    """Who calls, one request poorer; one whose token does not hold, by its address."""
    limits = request.app.state.limits
    try:
        who = await calls
    except NotAuthenticated:
        if not hasattr(request.state, "quota"):
            count(request.scope, limits, address(request.scope))
        raise
    count(request.scope, limits, who.bucket)
    return who


def refuse(decision: Decision) -> None:
    """Raises Refused where a decision names a rule."""
    if decision is Decision.FORBIDDEN:
        raise Refused("ROLE_NOT_ALLOWED", "your agency or role may not do this")
    if decision is Decision.OTHER_PURPOSE:
        raise Refused("PURPOSE_NOT_ALLOWED", "not for the purpose that you ask for")
    if decision is Decision.UNASSIGNED:
        raise Refused("NOT_ASSIGNED", "the operator has no open assignment to this case")


def operation_of(request: Request) -> str:
    return str(request.scope["route"].operation_id)


def _reader(who: Who, recipients: tuple[str, ...]) -> Reader:
    inside = who.kind in ("servizio-sociale", "ats")
    return Reader(who.kind, None if inside else who.reads_as(recipients), who.person)
