"""A case told day by day in Italian: the sentences of a dossier, of all that the reader may read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from api.caller import Caller
from api.dossiers.sheet import sentence
from api.in_full import View
from api.json import Json
from api.noted import note_access
from api.parameters import DayCursor, Limit, cursor_of, page, place_of
from api.paths import BASE
from api.reached import OfTheLog
from api.readers import see, shown_to_reader, view_of
from api.readings import AsOf, Past
from api.services import Given, Services
from api.who import Who
from domain.case.state import corrected
from domain.contract import Json as JsonValue
from domain.contract import contract_of
from domain.dossier.timeline import Moment, timeline
from domain.fact import Fact
from domain.rules.calendar import legal_day


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/timeline",
        show_timeline,
        methods=["GET"],
        operation_id="show_timeline",
        tags=["cases"],
        response_model=None,
    )


def show_timeline(
    case_id: UUID,
    who: Caller,
    services: Given,
    past: AsOf,
    look: OfTheLog,
    cursor: DayCursor = None,
    limit: Limit = 100,
) -> Json:
    """What happened in a case, by the day of each fact, one sentence each, as it stands corrected.

    The servizio sociale reads all of its case, others what is disclosed to them. ``of_the_fact`` is false
    where the day is not that of the fact, which has none or may not be told, but that on which it became
    known; to others than the servizio sociale, on which it was recorded.
    """
    at = look()
    see(services, "show_timeline", who, case_id)
    moments = (_whole if who.kind == "servizio-sociale" else _cut)(services, who, case_id, past)
    from_day, from_id = place_of(cursor)
    items = [
        item
        for item in sorted(moments, key=lambda item: (item["day"], item["event_id"]))
        if from_day is None or (item["day"], item["event_id"]) > (from_day.isoformat(), str(from_id))
    ]
    note_access(services, who, case_id, [UUID(item["event_id"]) for item in items[:limit]], past.known_at)
    return page(items, limit, lambda item: cursor_of(item["day"], item["event_id"]), at)


@dataclass(frozen=True, slots=True)
class _All:
    """The servizio sociale, to whom its case is open as far as its view of it goes."""

    view: View

    def data(self, fact: Fact[Any]) -> Mapping[str, JsonValue]:
        return self.view.data(fact)

    def day(self, fact: Fact[Any]) -> str | None:
        day = self.view.day(fact)
        return day.isoformat() if day else None

    def known_on(self, fact: Fact[Any]) -> date:
        return fact.known_on

    def agency(self, fact: Fact[Any]) -> str:
        return fact.recorder.agency


@dataclass(frozen=True, slots=True)
class _Some:
    """An office outside it, by what it is shown of each fact."""

    shown: Mapping[str, Mapping[str, JsonValue]]

    def data(self, fact: Fact[Any]) -> Mapping[str, JsonValue]:
        found: Mapping[str, JsonValue] = self.shown[str(fact.event_id)]["data"]
        return found

    def day(self, fact: Fact[Any]) -> str | None:
        day: str | None = self.shown[str(fact.event_id)]["occurred_on"]
        return day if contract_of(fact.event).happened in self.data(fact) else None

    def known_on(self, fact: Fact[Any]) -> date:
        assert fact.recorded_at is not None
        return legal_day(fact.recorded_at)

    def agency(self, fact: Fact[Any]) -> str:
        return str(self.shown[str(fact.event_id)]["agency"])


def _whole(services: Services, who: Who, case_id: UUID, past: Past) -> list[dict[str, JsonValue]]:
    stream = services.reading.stream(case_id)
    view = view_of(stream, who)
    facts = (fact for fact in corrected(past.of(list(stream.facts))) if view.shows(fact))
    return [
        _told(moment, sentence(moment.to_json())) | {"known_on": moment.known_on.isoformat()}
        for moment in timeline(_All(view), facts)
    ]


def _cut(services: Services, who: Who, case_id: UUID, past: Past) -> list[dict[str, JsonValue]]:
    shown = {item["event_id"]: item for item in shown_to_reader(services, who, case_id, past)}
    facts = [fact for fact in services.reading.facts(case_id) if str(fact.event_id) in shown]
    moments = timeline(_Some(shown), facts)
    # When it became known is not told: so no sentence says that it was late.
    return [_told(each, sentence(each.to_json() | {"known_on": each.day.isoformat()})) for each in moments]


def _told(moment: Moment, text: str) -> dict[str, JsonValue]:
    names = ("day", "of_the_fact", "title", "article", "agency", "recorded_at", "event_id")
    said = moment.to_json()
    return {name: said[name] for name in names} | {"text": text}
