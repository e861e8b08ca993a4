"""Who calls: the token first, then whether it is somebody of this office who may ask for this."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.caller import known, operation_of
from api.office.policy import allowed
from api.office.services import Given, OfficeServices
from api.parameters import refuse_unknown
from api.problems import Problem
from api.security.received import only
from api.who import Who


async def _caller(request: Request, services: Given) -> Who:
    who = await known(request, _by_token(request, services))
    request.state.who = who
    if not allowed(operation_of(request), who, services.recipient):
        raise Problem(
            403, "ROLE_NOT_ALLOWED", "this is for the people of this office, in the roles that do it"
        )
    refuse_unknown(request)
    return who


async def _by_token(request: Request, services: OfficeServices) -> Who:
    return services.verifier.who(only(request, "Authorization"))


Caller = Annotated[Who, Depends(_caller)]
"""The caller, whom the policy of the office allows this operation."""
