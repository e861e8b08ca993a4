"""A case as its recipient holds it: what it was shown of each fact, as corrected, in the order of the log.

What is shown is cut, masked and at times erased, so any value may be missing. Who reads one here gets None in
its place, whatever the message held: nothing in a message of a known kind can stop an office's views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from domain.case import events as e
from domain.contract import BadValue, Json, decode, stored_as
from domain.lazy import lazy
from domain.rules.calendar import legal_day
from projections.view import Connection

T = TypeVar("T")

READ = """
select case_id, event_id, version, type, recorded_at, data
  from shown_v1
 where case_id = any(%s) and kind <> 'correction'
 order by case_id, version
"""


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a fact, or of an entry of one, each asked for as what it should be; None if it is not."""

    data: Json

    def text(self, name: str) -> str | None:
        value = self._get(name)
        return value if isinstance(value, str) else None

    def id(self, name: str) -> UUID | None:
        return _parsed(UUID, self.text(name))

    def ids(self, name: str) -> frozenset[UUID]:
        found = (_parsed(UUID, value) for value in self._list(name) if isinstance(value, str))
        return frozenset(value for value in found if value)

    def day(self, name: str) -> date | None:
        """A day; of an instant its legal day."""
        text = self.text(name) or ""
        return _parsed(date, text) if len(text) == 10 else _legal_day(self.moment(name))

    def moment(self, name: str) -> datetime | None:
        return _parsed(datetime, self.text(name))

    def yes(self, name: str) -> bool | None:
        value = self._get(name)
        return value if isinstance(value, bool) else None

    def number(self, name: str) -> int | None:
        value = self._get(name)
        return value if type(value) is int else None

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self._list(name) if isinstance(value, str))

    def rows(self, name: str) -> list[Values]:
        """The entries of a list."""
        return [Values(entry) for entry in self._list(name)]

    def inner(self, name: str) -> Values:
        """An object within; without a value where there is none, or it was erased."""
        return Values(self._get(name))

    def _get(self, name: str) -> Json:
        return self.data.get(name) if isinstance(self.data, dict) else None

    def _list(self, name: str) -> list[Json]:
        value = self._get(name)
        return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Told(Values):
    """A fact as it was shown. ``kind`` is its class in the domain; None for one that is not known yet."""

    event_id: UUID
    version: int
    kind: type | None
    recorded_on: date | None


NOTHING = Told(data=None, event_id=UUID(int=0), version=0, kind=None, recorded_on=None)
"""In place of a fact that is not there: it has no value of any name."""


@dataclass(frozen=True)
class Held:
    """What a recipient holds of a case, or of the protocol: ``facts`` by version."""

    recipient: str
    case_id: UUID
    facts: Sequence[Told]

    def all(self, *kinds: type) -> list[Told]:
        """The facts of these kinds, in the order of the log."""
        return [told for told in self.facts if told.kind in kinds]

    @lazy
    def closed(self) -> bool:
        """Whether the case is: then nobody works on it any more."""
        return bool(self.all(e.CaseClosed))


def read(connection: Connection, recipient: str, cases: Iterable[UUID]) -> list[Held]:
    """The cases as the view ``shown`` has them now; one of which nothing is held is left out."""
    facts: dict[UUID, list[Told]] = {}
    for case_id, event_id, version, type_, recorded_at, data in connection.execute(READ, [list(cases)]):
        facts.setdefault(case_id, []).append(told(event_id, version, type_, recorded_at, data))
    return [Held(recipient, case_id, found) for case_id, found in facts.items()]


def told(event_id: UUID, version: int, stored_name: str, recorded_at: datetime, data: Json) -> Told:
    """A fact from a row of ``shown``, or from a message."""
    return Told(data, event_id, version, _kind(stored_name), legal_day(recorded_at))


def _kind(stored_name: str) -> type | None:
    try:
        return stored_as(stored_name)[0].type
    except (KeyError, ValueError):
        return None


def _legal_day(moment: datetime | None) -> date | None:
    return legal_day(moment) if moment else None


def _parsed(kind: type[T], text: str | None) -> T | None:
    """A text as the contract reads it, within the years of our time."""
    try:
        return decode(kind, text) if text else None
    except BadValue:
        return None
