"""What the OpenAPI document says of the office's answers, made from the classes of its lists."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from projections.offices.line import Line
from projections.offices.people import Person

REF = "#/components/schemas/{model}"

Schema = dict[str, Any]


def schemas_of(lists: tuple[type[Line], ...]) -> Schema:
    """The schemas of the lines and of a person, by name; a value that is not known is left out."""
    kinds: list[type[Any]] = [*lists, Person]
    _, found = TypeAdapter.json_schemas(
        [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in kinds], ref_template=REF
    )
    made: Schema = found["$defs"]
    return made


def page_of(kind: type[Line]) -> Schema:
    """The answer of a list: its lines as they hold today."""
    today = {
        "type": "object",
        "required": ["id", "case_id", "open", "late"],
        "properties": {
            "id": _text("uuid"),
            "case_id": _text("uuid"),
            "open": {"type": "boolean", "description": "whether it lies on the desk today"},
            "late": {"type": "boolean", "description": "open, and its last useful day is over"},
            "person": {"$ref": REF.format(model="Person")},
        },
    }
    return _page({"allOf": [{"$ref": REF.format(model=kind.__name__)}, today]}, "Righe della lista.")


def _page(items: Schema, description: str) -> Schema:
    return _answer(
        {
            "type": "object",
            "required": ["items", "next_cursor"],
            "properties": {
                "items": {"type": "array", "items": items},
                "next_cursor": {"type": ["string", "null"]},
            },
        },
        description,
    )


def _answer(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _text(format_: str) -> Schema:
    return {"type": "string", "format": format_}


_PEOPLE = {"type": "array", "items": {"$ref": REF.format(model="Person")}}

FILE = _answer(
    {
        "type": "object",
        "required": ["case_id", "people", "lists", "facts"],
        "properties": {
            "case_id": _text("uuid"),
            "people": _PEOPLE,
            "lists": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "object"}},
            },
            "facts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["event_id", "version", "fact", "recorded_at", "agency", "data"],
                    "properties": {
                        "event_id": _text("uuid"),
                        "version": {"type": "integer", "format": "int32"},
                        "fact": {"type": "string"},
                        "title": {"type": "string"},
                        "occurred_on": _text("date"),
                        "recorded_at": _text("date-time"),
                        "agency": {"type": "string"},
                        "data": {"type": "object"},
                    },
                },
            },
        },
    },
    "Tutto ciò che l'ufficio sa del fascicolo.",
)
"""A case as the office knows it."""

FOUND = _page(
    {
        "type": "object",
        "required": ["case_id", "member_id", "person"],
        "properties": {
            "case_id": _text("uuid"),
            "member_id": _text("uuid"),
            "person": {"$ref": REF.format(model="Person")},
        },
    },
    "Le persone trovate.",
)
"""The answer of a search."""

SEARCH = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "tax_code": {"type": "string", "maxLength": 100},
                    "surname": {"type": "string", "maxLength": 100, "description": "its beginning will do"},
                    "name": {"type": "string", "maxLength": 100, "description": "its beginning will do"},
                    "birth_date": _text("date"),
                    "cursor": {"type": "string", "maxLength": 100},
                },
            }
        }
    },
}
"""The body of a search."""
