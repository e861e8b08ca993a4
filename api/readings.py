"""Which past a reader asks for: as known at an instant, or as held now of a day (docs/readings.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.parameters import Day, Instant, as_day, as_instant
from api.problems import Problem, Wrong, bad_value
from api.services import Services, services_of
from domain.fact import Fact
from domain.ledger.dossiers import moments
from domain.reconstruct import as_corrected, as_known
from domain.rules.calendar import legal_day


@dataclass(frozen=True, slots=True)
class Past:
    """A reading of the past; with neither instant nor day it is the present. With both: what was held at the
    instant of the day.
    """

    known_at: datetime | None = None
    corrected_on: date | None = None

    def of(self, facts: list[Fact[Any]]) -> list[Fact[Any]]:
        """The facts that this reading shows. Raises Problem where nothing was on record."""
        known = as_known(facts, self.known_at) if self.known_at else facts
        found = as_corrected(known, self.corrected_on) if self.corrected_on else known
        if not found and facts:
            raise nothing_then()
        return found


NOW = Past()


def nothing_then() -> Problem:
    """Of what may be seen, nothing was there yet."""
    return Problem(404, "NOTHING_THEN")


def past_instant(services: Services, name: str, text: str | None) -> datetime | None:
    """An instant that is over, by the clock of the log: what will be known nobody can say."""
    at = as_instant(name, text)
    if at is not None and at > now(services):
        raise bad_value(Wrong(name, "is in the future"))
    return at


def now(services: Services) -> datetime:
    """By the clock of the log, which dates the facts."""
    return moments(services.pool)[1]


async def _past(request: Request, as_known_at: Instant = None, as_corrected_on: Day = None) -> Past:
    if as_known_at is None and as_corrected_on is None:
        return NOW
    return await run_in_threadpool(_asked_for, services_of(request), as_known_at, as_corrected_on)


def _asked_for(services: Services, as_known_at: str | None, as_corrected_on: str | None) -> Past:
    known_at = past_instant(services, "as_known_at", as_known_at)
    day = as_day("as_corrected_on", as_corrected_on)
    if day is not None and day > legal_day(now(services)):
        raise bad_value(Wrong("as_corrected_on", "is in the future"))
    return Past(known_at, day)


AsOf = Annotated[Past, Depends(_past)]
"""``as_known_at`` and ``as_corrected_on`` of a query."""
