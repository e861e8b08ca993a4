"""What a client states, in the shape of the fact that it will be; each wrong value named by a pointer."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from api.body import Object
from api.problems import Wrong, bad_value, wrongs
from api.shapes import shape_of, stated
from domain.contract import BadValue, Contract, decode


def shaped(contract: Contract, body: Object) -> Object:
    """The body with the fields and types of the fact, and no others."""
    try:
        return stated(shape_of(contract).model_validate(body))
    except ValidationError as error:
        raise bad_value(*wrongs(found(error))) from None


def decoded(contract: Contract, said: Object) -> Any:
    """The event that a shaped body states."""
    try:
        return decode(contract.type, said)
    except BadValue as bad:
        raise bad_value(Wrong(_pointer(bad.where), bad.because)) from None


def found(error: ValidationError) -> Any:
    """The errors without the values that were sent."""
    return error.errors(include_url=False, include_context=False, include_input=False)


def _pointer(where: str) -> str:
    """``members[0].name`` as a JSON pointer."""
    return "/" + where.replace("[", "/").replace("]", "").replace(".", "/") if where else ""
