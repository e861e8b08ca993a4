"""The kinds of value that the answers are made of, each with its bounds.

An answer is a TypedDict whose Italian docstring becomes the description of its schema. It is not checked on
its way out: the tests hold every answer that they get against its schema.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

T = TypeVar("T")

MANY = 1000
"""Entries of a page at most."""

NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Text = Annotated[str, Field(max_length=10_000, pattern=NO_CONTROLS)]
Code = Annotated[str, Field(max_length=200, pattern="^[A-Za-z0-9_.:/ -]*$")]
"""A name that programs compare: of an agency, a term, a rule set."""

Cursor = Annotated[str, Field(max_length=100, pattern="^[0-9A-Za-z/-]+$")]
Base64 = Annotated[str, Field(max_length=88, pattern="^[A-Za-z0-9+/]+={0,2}$")]
Sha256 = Annotated[str, Field(max_length=64, pattern="^[0-9a-f]{64}$")]
Month = Annotated[str, Field(max_length=7, pattern="^[0-9]{4}-[0-9]{2}$")]

Count = Annotated[int, Field(ge=0, le=2**63 - 1, json_schema_extra={"format": "int64"})]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra={"format": "int32"})]
Seconds = Annotated[float, Field(ge=0, le=1e12, json_schema_extra={"format": "double"})]
Figure = Annotated[float, Field(ge=-1e12, le=1e12, json_schema_extra={"format": "double"})]

Fields = Annotated[dict[str, Any], Field(max_length=500)]
"""What a fact says: which fields those are, the schema of its type tells (``/schemas/{file}``)."""

Few = Annotated[list[T], Field(min_length=0, max_length=MANY)]
Lots = Annotated[list[T], Field(min_length=0, max_length=100_000)]
"""A list that no page bounds: the facts of a case, the lines of a dossier."""


CLOSED = ConfigDict(extra="forbid")


class Answer(TypedDict):
    """An object with these fields and no others."""

    __pydantic_config__ = CLOSED  # type: ignore[misc]


class Page(Answer):
    """Una pagina di un elenco: ``next_cursor`` dice da dove proseguire, nullo alla fine."""

    next_cursor: Cursor | None


def object_of(name: str, kinds: dict[str, Any], about: str = "") -> Any:
    """The same, of fields that a class cannot name: words of Python, or what another class says."""
    made: Any = TypedDict(name, kinds)  # type: ignore[misc]
    close(made, about)
    return made


def close(kind: Any, about: str) -> None:
    """Say of a TypedDict that is no class what it is, and that it has no other fields."""
    kind.__doc__ = about or None
    kind.__pydantic_config__ = CLOSED
