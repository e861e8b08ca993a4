"""The same document in OpenAPI 3.0.3, for gateways and tools that do not read 3.1 yet.

What differs is how a schema says that a value may be null, and how it says a constant.
"""

from __future__ import annotations

from typing import Any

Json = Any

VERSION = "3.0.3"


def older(document: dict[str, Any]) -> dict[str, Any]:
    """A document of 3.1 in 3.0.3. The given one stays as it is."""
    made: dict[str, Any] = _older(document)
    return made | {"openapi": VERSION}


def _older(value: Json) -> Json:
    if isinstance(value, list):
        return [_older(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: each if name in ("example", "default") else _older(each) for name, each in value.items()}
    return _nullable(made) if "anyOf" in made else made


def _nullable(schema: dict[str, Json]) -> dict[str, Json]:
    """``anyOf`` with null, as ``nullable`` where one schema is left: nothing may stand beside a reference."""
    others = [each for each in schema["anyOf"] if each != {"type": "null"}]
    if len(others) == len(schema["anyOf"]):
        return schema
    rest = {name: each for name, each in schema.items() if name != "anyOf"}
    if len(others) == 1 and "$ref" not in others[0]:
        return {**rest, **others[0], "nullable": True}
    return {**rest, "anyOf": [*others, NULL]}


NULL = {"type": "object", "nullable": True, "enum": [None], "additionalProperties": False}
"""What is null and nothing else; beside a reference it stands as one of several."""
