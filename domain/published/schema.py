"""The JSON Schema (2020-12) of what is published of a fact, made from the registry.

Published is what is disclosed: a schema has the fields that a cell of the matrix shows to some recipient by
a topic, and none of them is required, for each recipient is sent its own. A personal value that was erased
reads ``{"erased": true}``. The schemas are closed, as a producer keeps them; :mod:`.compatible` is for who
reads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.case.events import EventCorrected, PersonalDataErased
from domain.catalogue import CONTRACTS
from domain.contract import Cell, Contract, Json, Matching, contract_of, personal_fields
from domain.published.names import WITHDRAWN

BY_EXTRACT = "person"
"""The actor whom no topic is for: who is concerned reads by extract or accesso."""


def told(contract: Contract, actor: str | None = None) -> list[Cell]:
    """The cells that send something of a fact by a topic, to an actor or to any."""
    if contract.aggregate == "access":
        return []
    return [
        cell
        for cell in contract.shown
        if set(cell.actors) - {BY_EXTRACT} and (actor is None or actor in cell.actors)
    ]


def schemas() -> dict[str, Json]:
    """The schema of everything published, by its name in the log without a version."""
    facts = {contract.name: _fact(contract) for contract in CONTRACTS.values() if told(contract)}
    return facts | {
        contract_of(EventCorrected).name: CORRECTION,
        contract_of(PersonalDataErased).name: ERASURE,
        WITHDRAWN: _WITHDRAWN,
    }


# --- facts -----------------------------------------------------------------------------------------------

ERASED: Json = {"$ref": "#/$defs/erased"}

DEFS: Json = {
    "erased": {
        "title": "Cancellato",
        "description": "In place of a personal value that was erased (GDPR art. 17).",
        "type": "object",
        "properties": {"erased": {"const": True}},
        "required": ["erased"],
        "additionalProperties": False,
    }
}


def _fact(contract: Contract) -> Json:
    shown = {
        path for cell in told(contract) for path in (contract.in_full if cell.level == "F" else cell.fields)
    }
    made = _record(contract.type, "", _Shown(frozenset(shown)))
    texts = {"title": contract.title, "description": _prose(contract.type)}
    return texts | made | ({"$defs": DEFS} if "#/$defs/" in str(made) else {})


@dataclass(frozen=True, slots=True)
class _Shown:
    """The paths that somebody is shown, and whether this field is personal."""

    paths: frozenset[str]
    personal: bool = False

    def some_of(self, path: str) -> bool:
        """Whether a value, or something in it, is shown."""
        return any(path == shown or _lies_in(path, shown) or _lies_in(shown, path) for shown in self.paths)


def _lies_in(path: str, outer: str) -> bool:
    return path.startswith((f"{outer}.", f"{outer}["))


def _record(cls: type, path: str, shown: _Shown) -> Json:
    hints = get_type_hints(cls, include_extras=True)
    personal = personal_fields(cls)
    properties = {}
    for each in fields(cls):
        inner = f"{path}.{each.name}" if path else each.name
        if shown.some_of(inner):
            sealed = shown.personal or each.name in personal
            properties[each.name] = _value(hints[each.name], inner, _Shown(shown.paths, sealed))
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _value(hint: Any, path: str, shown: _Shown) -> Json:
    schema = _plain(hint, path, shown)
    return {"anyOf": [schema, ERASED]} if shown.personal and _may_be_erased(hint) else schema


def _plain(hint: Any, path: str, shown: _Shown) -> Json:
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        how = next((extra for extra in arguments[1:] if isinstance(extra, Matching)), None)
        if how is not None:
            return {"type": "string", "pattern": f"^(?:{how.pattern})$"}
        return _plain(arguments[0], path, shown)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is tuple:
        # A list of plain values is erased as a whole, a list of records value by value.
        return {"type": "array", "items": _plain(arguments[0], f"{path}[]", shown)}
    if origin in (Union, UnionType):
        return _plain(_what_it_is(arguments), path, shown)
    if is_dataclass(hint) and isinstance(hint, type):
        return {"description": _prose(hint)} | _record(hint, path, shown)
    raise TypeError(f"{hint} has no place in a published fact")


_SCALARS: dict[Any, Json] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    UUID: {"type": "string", "format": "uuid"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def _may_be_erased(hint: Any) -> bool:
    """Ids are never sealed; a record is sealed value by value, and as a whole only where it can be empty."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _may_be_erased(arguments[0])
    if origin in (Union, UnionType):
        return _may_be_erased(_what_it_is(arguments))
    if origin is tuple:
        return arguments[0] is not UUID
    return hint is not UUID and not is_dataclass(hint)


def _what_it_is(arguments: tuple[Any, ...]) -> Any:
    return next(each for each in arguments if each is not NoneType)


def _prose(cls: type) -> str:
    return " ".join((cls.__doc__ or "").replace("``", "").split())


# --- what is no fact ---------------------------------------------------------------------------------------

CORRECTION: Json = {
    "title": "Rettifica",
    "description": "A fact that you were sent was wrong: the new values of the fields that you have of it.",
    "type": "object",
    "properties": {
        "corrects_event_id": {
            "description": "The ce_eventid of the fact.",
            "type": "string",
            "format": "uuid",
        },
        "voids": {"description": "The fact never was: drop it.", "type": "boolean"},
        "new_value": {
            "description": "Values that take the place of those you have, by field, in the shapes of the "
            "schema of the fact; null where the fact has no such value any more.",
            "type": "object",
        },
    },
    "required": ["corrects_event_id", "voids"],
    "additionalProperties": False,
}

ERASURE: Json = {
    "title": "Cancellazione",
    "description": "A person was erased (GDPR artt. 17, 19): mask these values in what you have.",
    "type": "object",
    "properties": {
        "erased": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "event_id": {
                        "description": "The ce_eventid of a fact.",
                        "type": "string",
                        "format": "uuid",
                    },
                    "paths": {
                        "description": "Paths of its values, such as members[0].name.",
                        "type": "array",
                        "items": {"type": "string"},
                    },
                },
                "required": ["event_id", "paths"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["erased"],
    "additionalProperties": False,
}

_WITHDRAWN: Json = {
    "title": "Revoca della comunicazione",
    "description": "A fact was shown to you on a ground that proved wrong: drop it and its corrections.",
    "type": "object",
    "properties": {},
    "additionalProperties": False,
}
