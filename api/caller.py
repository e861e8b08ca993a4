"""Who calls an endpoint: the token first, then whether its agency and role may ask for this at all."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api.parameters import refuse_unknown
from api.policy import Decision, allowed
from api.security.door import who_calls
from api.services import Given
from api.who import Who
from domain.refused import Refused


class Invisible(Exception):
    """A case that does not exist, or that the caller may not see."""

    def __init__(self, case_id: UUID) -> None:
        super().__init__(case_id)
        self.case_id = case_id


async def _caller(request: Request, services: Given) -> Who:
    operation = operation_of(request)
    who = await who_calls(request, operation, services.verifier, services.wire)
    request.state.who = who
    if allowed(operation, who) is Decision.FORBIDDEN:
        raise Refused("ROLE_NOT_ALLOWED", "your agency or role may not do this")
    refuse_unknown(request)
    return who


Caller = Annotated[Who, Depends(_caller)]
"""The caller, whose agency and role the policy allows this operation."""


def operation_of(request: Request) -> str:
    return str(request.scope["route"].operation_id)
