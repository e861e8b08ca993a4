"""What waits for a seat, from every side, soonest first: what the lists and the terms hold for it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, FastAPI

from api.caller import Caller
from api.deadlines import STARTED_BY, terms_shown
from api.desks import rows, sight
from api.json import Json
from api.noted import note_list
from api.parameters import Day, DayCursor, Limit, as_day, cursor_of, page, place_of
from api.paths import BASE
from api.reached import Look, reached
from api.services import Given
from api.worklists import RESTS_ON, lists_of
from projections.cases import Cases
from projections.deadlines import Deadlines
from projections.deadlines import titles as terms
from projections.waiting import TITLES as LISTS
from projections.worklists import Worklists

Kind = Literal["WORK", "TERM", "CORRECTION"]

CORRECTIONS = {
    "correction": "Rettifica da applicare",
    "withdrawn": "Comunicazione ritirata, da togliere",
    "erasure": "Cancellazione da applicare",
}

IN_A_LIST = frozenset({"D13", "D14", "REASON", "SCHOOL_ANSWER"})
"""Terms of what stands in a list of its own, with the same last day: it is not told twice."""

OF_THE_TERMS = "lapsed_terms_of_services"
"""The list of what the terms tell themselves."""

ACTS = """
shown.desks && %(desks)s and (worklist = 'invitations' or shown.desks[1] = any(%(desks)s))
"""
"""Of the desks of a row the first one acts; an invitation lies before the agency and before its unit."""

# What a member owes waits for the office once its last day has come.
QUERY = """
with said as (
    select applied, parked
      from (select * from ledger.acknowledgements
             where recipient = %(recipient)s order by id desc limit 1) last
      join ledger.log_head using (log_epoch))
select id, kind, name, case_id, item_id, member_id, since, due_on, due_on < %(today)s is true as late
  from (select id, 'WORK' as kind, worklist as name, case_id, item_id, member_id, since, due_on
          from views.worklists_v2 shown
         where {acts} and {work}
           and worklist = any(%(lists)s)
           and since <= %(today)s and (until_on is null or until_on > %(today)s)
           and (person_id is null or person_id = %(person)s)
        union all
        select id, 'TERM', term_id, case_id, started_by_event_id, member_id, starts_on, due_on
          from views.deadlines_v2 shown
         where desk = any(%(desks)s) and {term}
           and term_id = any(%(terms)s)
           and (kept_on is null or kept_on > %(today)s) and (may_lapse or due_on >= %(today)s)
           and (duty_bearer = 'SERVIZI' or due_on <= %(today)s)
        union all
        select md5(recipient || seq)::uuid, 'CORRECTION', kind,
               case when type like 'adi.case.%%' then stream_id end, event_id, null,
               (disclosed_at at time zone 'Europe/Rome')::date, null
          from ledger.disclosed
         where recipient = %(recipient)s and kind in ('correction', 'withdrawn', 'erasure')
           and (seq > coalesce((select applied from said), 0)
                or seq = any((select parked from said)::bigint[]))) waiting
 where (%(kind)s::text is null or kind = %(kind)s)
   and (%(due_before)s::date is null or due_on < %(due_before)s)
   and (%(from_day)s::date is null
        or (coalesce(due_on, since), id) > (%(from_day)s, %(from_id)s::uuid))
 order by coalesce(due_on, since), id
 limit %(limit)s
"""

Position = Annotated[Look, Depends(reached(Worklists, Deadlines, Cases))]


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/inbox",
        show_inbox,
        methods=["GET"],
        operation_id="show_inbox",
        tags=["worklists"],
        response_model=None,
    )


def show_inbox(
    who: Caller,
    services: Given,
    look: Position,
    kind: Kind | None = None,
    due_before: Day = None,
    cursor: DayCursor = None,
    limit: Limit = 100,
) -> Json:
    """All that waits for your office, soonest due first, what has no last day by the day it began.

    WORK is to be answered or done, and stands in a list of ``/worklists``; a TERM runs or is over, and
    stands in ``/deadlines``; a CORRECTION is one that your seat was sent and has not said it applied. Of the
    servizio sociale it is what waits in the cases assigned to you.
    """
    at = look()
    from_day, from_id = place_of(cursor)
    asked = {
        "kind": kind,
        "due_before": as_day("due_before", due_before),
        "from_day": from_day,
        "from_id": from_id,
        "limit": limit + 1,
        "lists": [name for name in lists_of(who) if name != OF_THE_TERMS],
        "terms": sorted(terms_shown(who) - IN_A_LIST),
        "recipient": None,
        "desks": [who.kind],
    }
    seen = sight(services, who)
    found = []
    if seen:
        query = QUERY.format(
            acts=ACTS, work=seen.condition("true", RESTS_ON), term=seen.condition("true", STARTED_BY)
        )
        found = rows(services.pool, query, asked | seen.values)
    titles = {"WORK": LISTS, "TERM": terms(), "CORRECTION": CORRECTIONS}
    items = [{"title": titles[row["kind"]][row["name"]]} | row for row in found]
    note_list(services, who, "show_inbox", items[:limit])
    return page(items, limit, lambda item: cursor_of(item["due_on"] or item["since"], item["id"]), at)
