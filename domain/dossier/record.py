"""All that a dossier is made from: the log of the case, who read it, who was shown what, comparable cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.case.commands import AS_SHIPPED, Law
from domain.fact import Fact
from domain.message import Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of ``disclosed``: what a recipient was shown of a fact, when, and when it said that it had it.

    ``acknowledged_at`` is None where it never did.
    """

    recipient: str
    seq: int
    kind: Kind
    event_id: UUID
    paths: tuple[str, ...]
    disclosed_at: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The log as far as it bears on one case.

    ``facts`` are all of the case, also those recorded after the instant that is asked for: what came later
    can hide, never show. ``accesses`` are the lines of its access log, the last first: there may be many,
    and they are read as far as somebody asks. ``law`` is what stood outside the case at that instant.
    ``comparable`` counts the other cases in which the same rule met the same occurrence, by what was
    ordered.
    """

    facts: Sequence[Fact[Any]]
    accesses: Iterable[Fact[Any]] = ()
    shown: Sequence[Shown] = ()
    law: Law = AS_SHIPPED
    comparable: Mapping[str, int] = field(default_factory=dict)
