"""Schemas as the national rules want them: every list and object bounded, nothing repeated in titles."""

from __future__ import annotations

from typing import Any

Json = Any


def tidy(value: Json) -> Json:
    """A schema, or all schemas in a part of a document."""
    if isinstance(value, list):
        return [tidy(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _inside(name, each) for name, each in value.items()}
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if made.get("type") == "array":
        made.setdefault("minItems", 0)
    if made.get("type") == "object" and made.get("additionalProperties") is True:
        made["additionalProperties"] = {}
    return made


def _inside(name: str, value: Json) -> Json:
    if name == "example":
        return value
    return _properties(value) if name == "properties" else tidy(value)


def _properties(named: dict[str, Json]) -> dict[str, Json]:
    """The title that pydantic gives to a property is its name, said again."""
    without = {name: _untitled(schema) for name, schema in named.items()}
    return {name: tidy(schema) for name, schema in without.items()}


def _untitled(schema: Json) -> Json:
    return {name: each for name, each in schema.items() if name != "title"}


def not_null(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema of a parameter: one that is left out is not there, it is never null."""
    without = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {name: each for name, each in schema.items() if name not in ("anyOf", "title")}
    return rest | without[0] if len(without) == 1 else {n: e for n, e in schema.items() if n != "title"}
