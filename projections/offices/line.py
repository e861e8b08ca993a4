"""A line of a list of an office: what lies on its desk, or did.

Each list is a class of its own. The first sentence of its docstring is the title that the office reads, the
rest says what a line is; ``name`` is its name in routes and rows, and never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID, uuid5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What every line says. ``item_id`` is what it is about: a referral, a convocation, a PUC …

    ``open``: the office has something to do about it, or somebody in charge, and that until ``until_on`` at
    the latest; ``due_on`` is the last useful day. Nobody's name stands in a line: the people of the case tell
    who ``member_id`` is.
    """

    name: ClassVar[str] = ""
    whole_person: ClassVar[bool] = False
    """Whether the list shows contacts and all else that is known of the member, or the name alone."""

    item_id: UUID
    member_id: UUID | None = None
    since: date | None = None
    due_on: date | None = None
    until_on: date | None = None
    open: bool

    def id(self, case_id: UUID) -> UUID:
        return uuid5(case_id, f"{self.name}/{self.item_id}/{self.member_id}")


def title(kind: type[Line]) -> str:
    """The Italian title of a list."""
    return " ".join((kind.__doc__ or "").split(".", 1)[0].split())
