"""The answers of an office, made from the classes of its lists; a value that is not known is left out."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from api.described.kinds import Count, Few, Text, object_of
from projections.offices.line import Line, title
from projections.offices.people import Person


def line_of(kind: type[Line]) -> Any:
    """A line of a list as it holds today, with the person in place of her id."""
    today = {
        "id": UUID,
        "case_id": UUID,
        "open": bool,
        "late": bool,
        "person": NotRequired[OfficePerson],
    }
    own = {name: hint for name, hint in _fields(kind).items() if name != "member_id"}
    about = f"{title(kind)}: una riga. `open`: è oggi sul tavolo; `late`: e l'ultimo giorno utile è passato."
    return object_of(kind.__name__, own | today, about)


def _fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: _field(field, hints[field.name]) for field in fields(kind)}


def _field(field: Field[Any], hint: Any) -> Any:
    shape = _shape(hint)
    needed = field.default is MISSING and field.default_factory is MISSING and NoneType not in get_args(hint)
    return shape if needed else NotRequired[shape]


def _shape(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _shape(next(each for each in arguments if each is not NoneType))
    if origin is tuple:
        return Few[_shape(arguments[0])]  # type: ignore[misc]
    if is_dataclass(hint) and isinstance(hint, type):
        return object_of(hint.__name__, _fields(hint), "")
    return {str: Text, int: Count}.get(hint, hint)


OfficePerson = object_of(
    "Person",
    {name: NotRequired[hint] for name, hint in _fields(Person).items()} | {"member_id": UUID},
    "Un componente del nucleo. Ciò che l'ufficio non può sapere, e ciò che fu cancellato, manca.",
)
