"""How a measure came about, so that whoever asks can follow it fact by fact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from api.caller import Caller
from api.in_full import View, fact_in_full
from api.json import Json
from api.noted import note_access
from api.parameters import Instant
from api.paths import BASE
from api.problems import unknown
from api.readers import case_of_measure, view_of
from api.readings import nothing_then, past_instant
from api.services import Given
from domain.case.events import Ordered
from domain.contract import Json as JsonValue
from domain.contract import contract_of, instant
from domain.fact import Fact
from domain.reconstruct import Missing, Reconstruction, as_known, reconstruct


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/measures/{{measure_id}}/reconstruction",
        reconstruct_measure,
        methods=["GET"],
        operation_id="reconstruct_measure",
        tags=["measures"],
        response_model=None,
    )


def reconstruct_measure(measure_id: UUID, who: Caller, services: Given, as_known_at: Instant = None) -> Json:
    """The facts that led to a measure, in the order of the log, and those that should be there and are not.

    With ``as_known_at``, what was on record at that instant.
    """
    at = past_instant(services, "as_known_at", as_known_at)
    case_id = case_of_measure(services, "reconstruct_measure", who, measure_id)
    stream = services.reading.stream(case_id)
    facts, view = list(stream.facts), view_of(stream, who)
    if found := _found(as_known(facts, at) if at else facts, measure_id, view):
        note_access(services, who, case_id, [fact.event_id for fact in found.facts], at)
        return Json(_told(found, at, view))
    raise nothing_then() if at and reconstruct(facts, measure_id) else unknown()


def _found(facts: list[Fact[Any]], measure_id: UUID, view: View) -> Reconstruction | None:
    """What led to a measure, less what a conviction alone rests on: that would tell whose it is."""
    found = reconstruct(facts, measure_id)
    plain = reconstruct(list(_plain(facts, view)), measure_id) if view.reserved else found
    if found is None or plain is None:
        return None
    told = {fact.event_id for fact in plain.facts} | view.reserved.keys()
    return replace(
        found,
        facts=tuple(fact for fact in found.facts if fact.event_id in told and view.shows(fact)),
        missing=tuple(each for each in found.missing if each.infraction not in view.reserved),
    )


def _plain(facts: list[Fact[Any]], view: View) -> Iterator[Fact[Any]]:
    """The facts without what is reserved, and the measures among that without what they rest on."""
    for fact in facts:
        if fact.event_id not in view.reserved:
            yield fact
        elif issubclass(fact.kind, Ordered):
            refs = tuple(ref for ref in fact.event.infraction_refs if ref not in view.reserved)
            yield fact.telling(replace(fact.event, infraction_refs=refs, evidence_event_ids=()))


def _told(found: Reconstruction, at: datetime | None, view: View) -> dict[str, Any]:
    measure = found.measure
    said = next(view.data(fact) for fact in found.facts if fact.event is measure)
    return {
        "measure_id": str(measure.measure_id),
        "case_id": str(found.case_id),
        "type": contract_of(measure).stored_name,
        "title": contract_of(measure).title,
        "as_known_at": instant(at) if at else None,
        "rule_set": {"id": measure.rule_set_id, "hash": measure.rule_set_hash},
        "finding": measure.finding,
        "conflicts_with": said.get("conflicts_with") or [],
        "facts": [fact_in_full(fact, view) for fact in found.facts],
        "missing": [_absent(missing) for missing in found.missing],
    }


def _absent(missing: Missing) -> dict[str, JsonValue]:
    contracts = [contract_of(kind) for kind in missing.kinds]
    return {
        "types": [contract.stored_name for contract in contracts],
        "title": " / ".join(contract.title for contract in contracts),
        "infraction": str(missing.infraction) if missing.infraction else None,
    }
