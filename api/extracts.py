"""The protected extract that a convocation of the équipe links to: each invited seat reads its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from starlette.responses import Response

from api.caller import Caller, Invisible, refuse
from api.json import Json
from api.noted import note_access
from api.paths import BASE
from api.policy import Decision, allowed
from api.readers import tie, view_of
from api.services import Given, Services
from api.who import Who
from domain.case.events import EquipeConvoked
from domain.case.parts import Invitee
from domain.case.state import fold
from domain.contract import instant
from domain.disclosure import may_receive
from domain.disclosure.rows import listed
from domain.extract import Extract, as_read, digest, holds, is_of_then, without
from domain.fact import Fact
from domain.ledger.warm import NOTHING, Stream
from domain.rules.calendar import legal_day
from domain.seats import is_seat


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/equipe-convocations/{{session_id}}/extract",
        show_extract,
        methods=["GET"],
        operation_id="show_extract",
        tags=["cases"],
        response_model=None,
    )


def show_extract(case_id: UUID, session_id: UUID, who: Caller, services: Given) -> Response:
    """The extract for your seat of the équipe, as it was when you were convoked, under the masks of today.

    ``sha256`` is that of the canonical JSON of ``extract`` (keys sorted, no spaces, UTF-8). ``as_convoked``
    says whether it is still what the convocation bound: false where later masks, withdrawals or erasures
    hide more, and where a correction invited you. Who reads it by the invitation of a colleague, and is not
    told of an operator whom the colleague is told of, reads it without her; ``as_convoked`` is of the whole.
    """
    # The register's own log: an invitation may stand where nothing was disclosed to the seat yet.
    own = tie(services, who, case_id)
    stream = services.log.stream(case_id) if own.exists else NOTHING
    facts = stream.facts
    convoked = _standing(facts, session_id)
    invitee = _own(services, who, convoked.event) if convoked else None
    decision = allowed("show_extract", who, replace(own, disclosed=invitee is not None))
    if decision is Decision.INVISIBLE or convoked is None or invitee is None:
        raise Invisible(case_id)
    refuse(decision)
    whole = as_read(facts, convoked.event_id, invitee)
    extract = _told(stream, who, whole)
    note_access(services, who, case_id, [UUID(fact["event_id"]) for fact in extract["facts"]])
    return Json(
        {
            "session_id": str(session_id),
            "slot": convoked.event.slot,
            "meeting_at": instant(convoked.event.meeting_at),
            "seat": convoked.event.seat,
            "sha256": digest(extract),
            "as_convoked": is_of_then(facts, convoked.event_id, invitee, whole)
            and stream.once(_holds, convoked.event_id),
            "extract": extract,
        }
    )


def _told(stream: Stream, who: Who, whole: Extract) -> Extract:
    """What a reader may be told of it, who need not be the invitee."""
    unnamed = view_of(stream, who).unnamed if who.kind == "servizio-sociale" else None
    return without(whole, unnamed) if unnamed else whole


def _holds(stream: Stream, convocation_id: UUID) -> bool:
    """To make the extracts of all seats again takes a third of a second: once, not for each that reads."""
    return holds(stream.facts, convocation_id)


def _standing(facts: Sequence[Fact[Any]], session_id: UUID) -> Fact[EquipeConvoked] | None:
    """The convocation to a sitting as corrected; one that was voided invites nobody."""
    found = (fact for fact in fold(facts).all(EquipeConvoked) if fact.event.session_id == session_id)
    return next(found, None)


def _own(services: Services, who: Who, convoked: EquipeConvoked) -> Invitee | None:
    """The invitation of the person, else one of her seat; a body that left the protocol receives nothing."""
    reads_as = who.reads_as(services.recipients)
    if not may_receive(services.log.protocol(), reads_as, legal_day(services.clock())):
        return None
    invitees: tuple[Invitee, ...] = listed(convoked.invitees)
    for each in invitees:
        # Who has moved to another unit reads as that unit, not as the person she was.
        if (each.person_id, each.agency) == (who.person, who.agency) and who.unit in (None, each.unit):
            return each
    return next((each for each in invitees if _same_seat(who, reads_as, each)), None)


def _same_seat(who: Who, reads_as: str, invitee: Invitee) -> bool:
    """Units of the ASL and of anti-violence services share with nobody, those of a CPI with the CPI."""
    return is_seat(who.seat, invitee.agency, invitee.unit) or is_seat(reads_as, invitee.agency, invitee.unit)
