"""The terms of the open cases, and of the requests to see a file, soonest due first."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, Query

from api.caller import Caller
from api.desks import rows, sight
from api.json import Json
from api.noted import note_access, note_list
from api.parameters import Day, DayCursor, Limit, as_day, cursor_of, page, place_of
from api.paths import BASE
from api.problems import Wrong, bad_value
from api.reached import Look, reached
from api.services import Given
from api.who import Who
from projections.cases import Cases
from projections.deadlines import Deadlines, titles

IN_EMPLOYMENT = frozenset({"D3", "D4a", "D4b"})

SHOWN_TO = {
    "ats": frozenset(
        {"D1", "D1b", "D2", "D3", "D4a", "D4b", "D6", "D10", "D11", "D12", "D13", "D14", "D15", "REVIEW"}
    ),
    "cpi": IN_EMPLOYMENT,
    "accreditato": IN_EMPLOYMENT,
    "ust": frozenset({"SCHOOL_ANSWER"}),
}
"""The terms that an office is shown. The servizio sociale is shown all but one; who is not named here, none.

The Ambito learns only that a reason, a reminder, schooling documents were asked for, and of infractions not
even that: it is shown neither those terms nor D5.
"""

CONVICTION = "D7"
"""Ten years after a conviction, which INPS alone knows (GDPR art. 10): shown to nobody."""

TermId = Annotated[str | None, Query(max_length=40, pattern="^[A-Za-z0-9_]+$")]

State = Literal["RUNNING", "KEPT", "KEPT_LATE", "LAPSED", "ENDED"]
"""ENDED: over, where no fact on record can tell whether it was kept."""

QUERY = """
select id, case_id, term_id, started_by_event_id, starts_on, due_on, duty_bearer, desk,
       case when %(by_member)s then member_id end as member_id, kept_on, lapse_recorded, state
  from (select *, case when kept_on <= least(due_on, %(today)s) then 'KEPT'
                       when kept_on <= %(today)s then 'KEPT_LATE'
                       when due_on >= %(today)s then 'RUNNING'
                       when may_lapse then 'LAPSED'
                       else 'ENDED' end as state
          from views.deadlines_v2) shown
 where {seen}
   and (%(by_member)s or stands_for_all)
   and term_id = any(%(terms)s)
   and (%(desk)s::text is null or desk = %(desk)s)
   and (%(duty_bearer)s::text is null or duty_bearer = %(duty_bearer)s)
   and (%(state)s::text is null or state = %(state)s)
   and (%(case_id)s::uuid is null or case_id = %(case_id)s)
   and (%(due_before)s::date is null or due_on < %(due_before)s)
   and (%(due_after)s::date is null or due_on > %(due_after)s)
   and (%(from_day)s::date is null or (due_on, id) > (%(from_day)s, %(from_id)s::uuid))
 order by due_on, id
 limit %(limit)s
"""


Position = Annotated[Look, Depends(reached(Deadlines, Cases))]
ON_DESK, STARTED_BY = "shown.desk = %(recipient)s", "array[shown.started_by_event_id]"


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/deadlines",
        list_deadlines,
        methods=["GET"],
        operation_id="list_deadlines",
        tags=["deadlines"],
        response_model=None,
    )


def list_deadlines(
    who: Caller,
    services: Given,
    look: Position,
    desk: Annotated[str | None, Query(max_length=100, pattern="^[a-z0-9-]+$")] = None,
    duty_bearer: Literal["SERVIZI", "COMPONENTE", "NUCLEO"] | None = None,
    term_id: TermId = None,
    due_before: Day = None,
    due_after: Day = None,
    state: State | None = None,
    case_id: UUID | None = None,
    cursor: DayCursor = None,
    limit: Limit = 100,
) -> Json:
    """The terms that you may see, soonest due first, as they stand today.

    The servizio sociale sees those of the cases assigned to the person; the Ambito those that its cells of
    the disclosure matrix tell of, without the member; an employment office D3, D4a and D4b of the members
    sent to it; the school office the answers due by it; every other agency none. ``due_before`` and
    ``due_after`` leave out their own day.
    """
    at = look()
    check_term(term_id)
    from_day, from_id = place_of(cursor)
    asked = {
        "desk": desk,
        "duty_bearer": duty_bearer,
        "state": state,
        "case_id": case_id,
        "due_before": as_day("due_before", due_before),
        "due_after": as_day("due_after", due_after),
        "from_day": from_day,
        "from_id": from_id,
        "limit": limit + 1,
        "by_member": who.kind != "ats",
        "terms": sorted(terms_shown(who) & {term_id} if term_id else terms_shown(who)),
    }
    seen = sight(services, who)
    found = (
        rows(services.pool, QUERY.format(seen=seen.condition(ON_DESK, STARTED_BY)), asked | seen.values)
        if seen
        else []
    )
    if case_id is not None and found:
        started_by = {UUID(row["started_by_event_id"]): None for row in found[:limit]}
        note_access(services, who, case_id, started_by)  # of one case it is a read of its file
    elif case_id is None:
        note_list(services, who, "list_deadlines", found[:limit])
    named = titles()
    items = [{"title": named[row["term_id"]]} | row for row in found]
    return page(items, limit, lambda item: cursor_of(item["due_on"], item["id"]), at)


def check_term(term_id: str | None) -> None:
    """Raises Problem for what is no term."""
    if term_id is not None and term_id not in titles():
        raise bad_value(Wrong("term_id", "is no term"))


def terms_shown(who: Who) -> frozenset[str]:
    """The terms that somebody may be told of at all."""
    everything = frozenset(titles()) - {CONVICTION} if who.kind == "servizio-sociale" else frozenset()
    return SHOWN_TO.get(who.kind, everything)
