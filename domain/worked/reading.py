"""Strict reading of plain values: a key or a value that the format does not list is an error."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

NULLABLE = ("sent_on", "delivered_on", "met_on")
"""The days that the formats list as `date or null`; null is a value of no other key."""


class Unreadable(Exception):
    """A file that cannot be run, in one sentence that names the example and the key; nothing of it is run."""


def read(kind: type[T], values: object, where: str) -> T:
    """A dataclass from an object of the file; raises Unreadable."""
    if not isinstance(values, dict):
        raise _no_value(values, where)
    hints, known = get_type_hints(kind), {each.name: each for each in fields(cast(Any, kind))}
    for key, value in values.items():
        if key not in known:
            raise Unreadable(f"{where}: {key!r} is not a key of the format")
        if value is None and key not in NULLABLE:
            raise Unreadable(f"{where}: {key}: null is no value of the format")
    for name in _required(known.values()):
        if name not in values:
            raise Unreadable(f"{where}: {name!r} is missing")
    return kind(**{key: _value(hints[key], value, f"{where}: {key}") for key, value in values.items()})


def _required(known: Any) -> Iterator[str]:
    each: Field[Any]
    for each in known:
        if each.default is MISSING and each.default_factory is MISSING:
            yield each.name


def _value(hint: Any, raw: object, where: str) -> Any:
    """A plain value as the type of its field asks."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _sound(any(raw == each and type(raw) is type(each) for each in inner), raw, where)
    if origin in (Union, UnionType):
        return None if raw is None else _value(next(h for h in inner if h is not NoneType), raw, where)
    if origin is tuple:
        _sound(type(raw) is list, raw, where)
        return tuple(_value(inner[0], each, where) for each in cast("list[Any]", raw))
    if is_dataclass(hint):
        return read(cast("type[Any]", hint), raw, where)
    if hint in (date, Fraction):
        return _parsed(hint, raw, where)
    return _sound(type(raw) is hint and (hint is not int or raw in NUMBERS), raw, where)


def _parsed(hint: Any, raw: object, where: str) -> Any:
    """A day (YYYY-MM-DD) or a number of months (`1/4`, `1`), written as a text."""
    try:
        value: Any = date.fromisoformat(str(raw)) if hint is date else Fraction(str(raw))
    except (ValueError, ZeroDivisionError):
        raise _no_value(raw, where) from None
    written = str(value) == raw and value.year in YEARS if hint is date else type(raw) is str
    return value if written else _sound(False, raw, where)


YEARS, NUMBERS = range(1900, 2200), range(-10_000, 10_001)
"""Days and numbers of which a term or an age can be counted; others are slips of who wrote the file."""


def _sound(sound: bool, value: T, where: str) -> T:
    if not sound:
        raise _no_value(value, where)
    return value


def _no_value(raw: object, where: str) -> Unreadable:
    said = repr(raw)
    return Unreadable(f"{where}: {said if len(said) < 80 else said[:80] + '…'} is no value of the format")
