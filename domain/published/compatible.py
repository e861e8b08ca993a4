"""Whether two schemas of a major can stand for each other: FULL_TRANSITIVE, checked pair by pair.

Who reads does it tolerantly: a field that its schema does not have is left aside, and a code that is not in
an ``enum`` is one that came later. So within a major fields and codes may come and go, but a field that two
schemas have must be of one shape in both: then each reads what was written under the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from domain.contract import Json

CLOSED = "additionalProperties"

TEXTS = frozenset({"$schema", "$id", "title", "description"})

LOOSE = TEXTS | {"$defs", "enum", CLOSED}
"""What may differ: texts, and what a tolerant reader does not hold a value against."""

BY_FIELD = ("properties", "$defs")
"""Where the names are not those of the schema language."""

DEEPER = ("properties", "items", "anyOf")


def tolerant(schema: Json) -> Json:
    """The schema as a reader uses it: open to fields and codes that it does not have."""
    return _without(schema, lambda name, value: name == "enum" or (name == CLOSED and value is False))


def shape(schema: Json) -> Json:
    """A schema without its texts: what a machine reads of it."""
    return _without(schema, lambda name, _: name in TEXTS)


def _without(schema: Json, goes: Callable[[str, Json], bool]) -> Json:
    if isinstance(schema, list):
        return [_without(each, goes) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: _without(each, goes) for field, each in value.items()}
        if name in BY_FIELD
        else _without(value, goes)
        for name, value in schema.items()
        if not goes(name, value)
    }


def breaks(one: Json, other: Json, at: str = "") -> Iterator[str]:
    """The paths at which two schemas disagree on a value that both have."""
    if _rest(one) != _rest(other):
        yield at or "the whole"
        return
    mine, its = one.get("properties", {}), other.get("properties", {})
    for name in mine.keys() & its.keys():
        yield from breaks(mine[name], its[name], f"{at}.{name}" if at else name)
    if "items" in one:
        yield from breaks(one["items"], other["items"], f"{at}[]")
    for each, its_own in zip(one.get("anyOf", ()), other.get("anyOf", ()), strict=True):
        yield from breaks(each, its_own, at)


def _rest(schema: Json) -> Json:
    """What must be the same: all that is not loose, and how many parts there are to compare."""
    kept = {name: each for name, each in schema.items() if name not in LOOSE and name not in DEEPER}
    return kept | {"items": "items" in schema, "anyOf": len(schema.get("anyOf", ()))}
