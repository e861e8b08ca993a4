"""What a case is, and what it was known to be: to its servizio sociale in full, to others as disclosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, FastAPI, Header, Query
from starlette.responses import Response

from api.caller import Caller, Invisible
from api.deadlines import TermId, check_term
from api.desks import sight
from api.etags import of_content, of_version, proves_shown
from api.in_full import RESERVED, View, case_in_full, fact_in_full
from api.json import Json
from api.lists import Filters, disclosed_to, of_the_ambito
from api.noted import note_access, note_list
from api.parameters import CODE, Day, Limit, as_day, page
from api.paths import BASE
from api.problems import Wrong, bad_value
from api.reached import Look, reached
from api.readers import see, shown_to_reader, view_of
from api.readings import NOW, AsOf, Past, nothing_then, now
from api.services import Given, Services
from api.who import Who
from domain.case.state import Phase, fold
from domain.contract import Json as JsonValue
from domain.contract import instant, stored_as
from domain.disclosure.convictions import without
from domain.horizon import Seen, horizon
from domain.ledger.warm import Stream
from projections.cases import Cases
from projections.deadlines import Deadlines

Position = Annotated[Look, Depends(reached(Cases, Deadlines))]


def add_routes(app: FastAPI) -> None:
    for path, endpoint in (
        ("/cases", list_cases),
        ("/cases/{case_id}", show_case),
        ("/cases/{case_id}/events", list_events),
    ):
        app.add_api_route(
            BASE + path,
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__,
            tags=["cases"],
            response_model=None,
        )


def show_case(
    case_id: UUID,
    who: Caller,
    services: Given,
    past: AsOf,
    recipient: Annotated[str | None, Query(max_length=60, pattern=CODE)] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """The case as it is; as it was known to be at an instant; as it is held now to have been on a day.

    With ``recipient``, for the servizio sociale: what that recipient had been shown by the instant, and what
    of it it had said to have received.
    """
    see(services, "show_case", who, case_id)
    if recipient is not None:
        answer = _horizon(services, who, case_id, past, recipient)
    else:
        answer = (_in_full if _reads_all(who) else _cut)(services, who, case_id, past)
    if past == NOW and recipient is None and proves_shown(if_none_match, answer.etag):
        # Shown before, with its line. Any other tag may be guessed: that it matches is told here.
        return Response(status_code=304, headers={"ETag": answer.etag})
    note_access(services, who, case_id, answer.facts, past.known_at)
    return Response(answer.body, headers={"ETag": answer.etag}, media_type=Json.media_type)


def list_events(
    case_id: UUID, who: Caller, services: Given, past: AsOf, cursor: UUID | None = None, limit: Limit = 100
) -> Json:
    """The facts of a case in the order in which they were recorded, a page at a time.

    As known at an instant they are those recorded by then, as they were recorded; as held now of a day, each
    as it was last corrected.
    """
    see(services, "list_events", who, case_id)
    if _reads_all(who):
        stream = services.reading.stream(case_id)
        view = view_of(stream, who)
        items = [fact_in_full(fact, view) for fact in past.of(list(stream.facts)) if view.shows(fact)]
    else:
        items = shown_to_reader(services, who, case_id, past)
    found = _after(items, cursor)
    note_access(services, who, case_id, [UUID(item["event_id"]) for item in found[:limit]], past.known_at)
    return page(_told(who, found), limit, lambda item: str(item["event_id"]))


def _after(items: list[dict[str, JsonValue]], cursor: UUID | None) -> list[dict[str, JsonValue]]:
    """What comes after a fact, which the reader is shown: another one is refused whether it exists or not."""
    if cursor is None:
        return items
    for place, item in enumerate(items, 1):
        if item["event_id"] == str(cursor):
            return items[place:]
    raise bad_value(Wrong("cursor", "is not the next_cursor of this list"))


def list_cases(
    who: Caller,
    services: Given,
    look: Position,
    phase: Phase | None = None,
    residence_comune: Annotated[str | None, Query(max_length=6, pattern="^[0-9]{6}$")] = None,
    agency: Annotated[str | None, Query(max_length=100, pattern="^[a-z0-9-]+$")] = None,
    case_manager: UUID | None = None,
    operator: UUID | None = None,
    term_id: TermId = None,
    due_before: Day = None,
    cursor: UUID | None = None,
    limit: Limit = 100,
) -> Json:
    """The cases that you may see, by id: of the servizio sociale those assigned to you, of the Ambito all.

    ``agency`` is one that the case is linked to, ``term_id`` a term that is not kept yet, ``due_before`` the
    day by which one is over. The filters are for these two, as far as they may know what a filter tells;
    other agencies are given ids and versions alone.
    """
    at = look()
    check_term(term_id)
    asked = Filters(
        phase=phase,
        residence_comune=residence_comune,
        agency=agency,
        case_manager=case_manager,
        operator=operator,
        term_id=term_id,
        due_before=as_day("due_before", due_before),
    )
    asked.check(who)
    place = {"cursor": cursor, "limit": limit + 1}
    if who.kind in ("servizio-sociale", "ats"):
        seen = sight(services, who)
        assert seen is not None  # of these two agencies each sees something
        found = of_the_ambito(services, who, seen, asked, place)
        if who.kind == "ats":
            # Counted beside the facts that it may read, they would tell that there is one it may not.
            found = [
                {n: v for n, v in row.items() if n not in ("version", "last_recorded_at")} for row in found
            ]
    else:
        found = disclosed_to(services, who.reads_as(services.recipients), place)
    note_list(services, who, "list_cases", found[:limit])
    return page(found, limit, lambda item: str(item["case_id"]), at)


def _reads_all(who: Who) -> bool:
    return who.kind == "servizio-sociale"


def _told(who: Who, facts: list[dict[str, JsonValue]]) -> list[dict[str, JsonValue]]:
    """The facts as a reader is told them: the Ambito without their versions, whose gaps tell what it may not
    know. What is sent to a recipient bears them by the matrix, and so does what it reads here.
    """
    if who.kind != "ats":
        return facts
    return [{name: value for name, value in fact.items() if name != "version"} for fact in facts]


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer, its tag, and the facts that it names: those of a reader's cut, or of the whole case."""

    body: bytes
    etag: str
    facts: Sequence[UUID]

    @classmethod
    def of(cls, body: dict[str, JsonValue], etag: str | None = None) -> _Answer:
        facts = body.get("facts")
        if facts is None:
            facts = [each for value in body.values() if isinstance(value, list) for each in value]
        named = dict.fromkeys(UUID(each["event_id"]) for each in facts if "event_id" in each)
        return cls(orjson.dumps(body), etag or of_content(body), tuple(named))


def _in_full(services: Services, who: Who, case_id: UUID, past: Past) -> _Answer:
    stream = services.reading.stream(case_id)
    if not stream.facts:
        raise Invisible(case_id)
    view = view_of(stream, who)
    if past == NOW:
        return stream.once(_as_it_is, view)
    known = past.of(list(stream.facts))
    # A correction moves the version of the log, and so of the case, whatever it leaves of the facts.
    body = case_in_full(case_id, fold(known), known[-1].version, view)
    # Who comes to be the case manager, or no longer is, is shown another body of one version.
    of_its_version = view.whole and not past.corrected_on
    return _Answer.of(body, of_version(known[-1].version) if of_its_version else None)


def _as_it_is(stream: Stream, view: View) -> _Answer:
    body = case_in_full(stream.facts[0].case_id, stream.case, stream.version, view)
    return _Answer.of(body, of_version(stream.version))


def _cut(services: Services, who: Who, case_id: UUID, past: Past) -> _Answer:
    facts = shown_to_reader(services, who, case_id, past)
    if past != NOW and not facts:
        raise nothing_then()
    last = {} if who.kind == "ats" else {"version": max((fact["version"] for fact in facts), default=0)}
    return _Answer.of({"case_id": str(case_id)} | last | {"facts": _told(who, facts)})


def _horizon(services: Services, who: Who, case_id: UUID, past: Past, recipient: str) -> _Answer:
    """What a recipient knew: the facts as they were sent to it, when that was and when it received them."""
    if not _reads_all(who):
        raise bad_value(Wrong("recipient", "is a reading of the servizio sociale"))
    if recipient not in services.recipients:
        raise bad_value(Wrong("recipient", "is none of this Ambito's"))
    if past.corrected_on:
        raise bad_value(Wrong("as_corrected_on", "says what is held now, recipient what was known then"))
    at = past.known_at or now(services)
    view = view_of(services.reading.stream(case_id), who)
    shown = horizon(services.shown.seen(recipient, case_id, at)) if view.names(recipient) else ()
    facts = [_seen(each, view) for each in shown]
    return _Answer.of(
        {
            "case_id": str(case_id),
            "recipient": recipient,
            "version": max((fact["version"] for fact in facts), default=0),
            "facts": facts,
        }
    )


def _seen(seen: Seen, view: View) -> dict[str, JsonValue]:
    message = seen.message
    hidden = view.reserved.get(message.event_id, frozenset())
    day = message.occurred_on if stored_as(message.type)[0].happened not in hidden else None
    return {
        "event_id": str(message.event_id),
        "version": message.version,
        "type": message.type,
        "title": stored_as(message.type)[0].title,
        "occurred_on": day.isoformat() if day else None,
        "recorded_at": instant(message.recorded_at),
        "agency": message.agency,
        "ground": message.ground,
        "data": without(message.data, hidden, RESERVED),
        "seq": message.seq,
        "kind": message.kind,
        "shown_at": instant(seen.shown_at),
        "received_at": instant(seen.received_at) if seen.received_at else None,
    }
