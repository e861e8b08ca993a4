"""The shape of an act's body, from the event it states: it documents the API and refuses any other body.

Values stay the plain JSON they came as; :func:`domain.contract.decode` reads them. A field that does not
apply is left out, never null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.config import JsonDict
from stdnum.it import codicefiscale

from domain.case.parts import Member
from domain.contract import Contract, Json, Matching

MANY = 500
"""Entries of a list at most: the largest household on record had 17 members, a patto some tens of lines."""

LONG = 10_000
"""Characters of a text at most: about three pages of a motivation."""

_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_TAX_CODE = "^([0-9]{11}|[A-Z0-9]{16})$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"


def _text(pattern: str, longest: int, format_: str | None = None) -> Any:
    extra: JsonDict = {"format": format_} if format_ else {}
    return Annotated[str, Field(strict=True, pattern=pattern, max_length=longest, json_schema_extra=extra)]


def _matching(how: Matching) -> Any:
    """A text of which the document says how it must read; who decodes it refuses any other."""
    said: JsonDict = {"pattern": f"^{how.pattern}$"}
    return Annotated[str, Field(strict=True, pattern=_NO_CONTROLS, max_length=LONG, json_schema_extra=said)]


_SCALARS: dict[Any, Any] = {
    str: _text(_NO_CONTROLS, LONG),
    bool: Annotated[bool, Field(strict=True)],
    int: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, json_schema_extra={"format": "int32"})],
    UUID: _text(_UUID, 36, "uuid"),
    date: _text(_DATE, 10, "date"),
    datetime: _text(_INSTANT, 35, "date-time"),
    Any: Annotated[dict[str, Any], Field(max_length=MANY)],
}


def _codice_fiscale(text: str) -> str:
    if text != text.strip().upper() or not codicefiscale.is_valid(text):
        raise ValueError("is not a codice fiscale (16 characters in capitals, or 11 digits)")
    return text


CodiceFiscale = Annotated[
    str,
    Field(strict=True, min_length=11, max_length=16, json_schema_extra={"pattern": _TAX_CODE}),
    AfterValidator(_codice_fiscale),
]

_SPECIAL: dict[tuple[type, str], Any] = {(Member, "tax_code"): CodiceFiscale}


def _without_null_defaults(schema: dict[str, Any]) -> None:
    for each in schema.get("properties", {}).values():
        if each.get("default", ...) is None:
            del each["default"]


_CONFIG = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra=_without_null_defaults)


@cache
def shape_of(contract: Contract) -> type[BaseModel]:
    """The body of an act: exactly the fields that whoever records the fact states."""
    return _model(contract.type, frozenset(contract.stated))


@cache
def field_shape(contract: Contract, name: str) -> TypeAdapter[Any]:
    """The shape of one field, for a correction of it."""
    return TypeAdapter(_field_type(contract.type, name))


def stated(model: BaseModel) -> dict[str, Json]:
    """What was stated, as plain JSON; what was left out stays out."""
    return model.model_dump(exclude_unset=True)


def _model(cls: type, names: frozenset[str]) -> type[BaseModel]:
    definitions: dict[str, Any] = {
        f.name: _definition(cls, f.name, f.default) for f in fields(cls) if f.name in names
    }
    model: type[BaseModel] = create_model(
        cls.__name__, __config__=_CONFIG, __doc__=cls.__doc__, __module__=cls.__module__, **definitions
    )
    return model


def _definition(cls: type, name: str, default: object) -> tuple[Any, Any]:
    return _field_type(cls, name), ... if default is MISSING else default


def _field_type(cls: type, name: str) -> Any:
    return _SPECIAL.get((cls, name)) or _shape(_hints(cls)[name])


@cache
def _hints(cls: type) -> Mapping[str, Any]:
    return get_type_hints(cls, include_extras=True)


@cache
def _shape(hint: Any) -> Any:
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        how = next((each for each in arguments[1:] if isinstance(each, Matching)), None)
        return _matching(how) if how else _shape(arguments[0])
    if origin is Literal:
        return hint
    if origin is tuple:
        return Annotated[list[_shape(arguments[0])], Field(max_length=MANY)]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return _shape(next(each for each in arguments if each is not NoneType))
    if is_dataclass(hint) and isinstance(hint, type):
        return _model(hint, frozenset(f.name for f in fields(hint)))
    raise TypeError(f"{hint} has no shape in a body")
