"""What waits for somebody: the lists of an office, how much is in each, and what."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Path

from api.caller import Caller
from api.desks import rows, sight
from api.json import Json
from api.noted import note_list
from api.parameters import DayCursor, Limit, cursor_of, page, place_of
from api.paths import BASE
from api.problems import unknown
from api.reached import Look, reached
from api.services import Given
from api.who import Who
from projections.cases import Cases
from projections.waiting import TITLES
from projections.worklists import Worklists

SERVICES, AMBITO = "servizio-sociale", "ats"
EMPLOYMENT = ("cpi", "accreditato")
SIGNATORIES = ("comune", "cpi", "ust", "asl")

READERS: dict[str, frozenset[str]] = {
    name: frozenset(kinds)
    for name, kinds in {
        "gepi": (SERVICES, AMBITO),
        "unsigned_pattos": (SERVICES, AMBITO),
        "inactive_supports": (SERVICES,),
        "commitments_without_evidence": (SERVICES,),
        "convocations_without_delivery": (SERVICES, AMBITO, *EMPLOYMENT),
        "invitations_to_answer": (SERVICES, AMBITO),
        "invitations": ("cpi", "ust", "asl", "mmg", "ets", "sil"),
        "lapsed_terms_of_services": (SERVICES, AMBITO),
        "referrals_to_answer": (SERVICES, AMBITO, *EMPLOYMENT),
        "specialist_referrals_to_answer": (SERVICES, "asl"),
        "waiting_lists": (SERVICES, "asl"),
        "reasons_not_answered": (SERVICES,),
        "reasons_to_decide": (SERVICES,),
        "reports_without_measure": (SERVICES, AMBITO, "inps"),
        "measures_without_report": (SERVICES, AMBITO, "inps"),
        "measures_with_finding": (SERVICES, AMBITO, "inps"),
        "suspensions_to_lift": (SERVICES, AMBITO, "inps"),
        "school_answers": (SERVICES, "comune", "ust"),
        "residence_checks": (SERVICES, AMBITO, "comune"),
        "household_changes": (SERVICES, AMBITO, "comune"),
        "access_requests": (SERVICES, AMBITO),
        "table_decisions": (AMBITO, *SIGNATORIES),
    }.items()
}
"""Who is shown which list: only whom the disclosure matrix tells every value that a row of it holds.

So the Ambito is not shown who was sent to a specialist service or waits for one, nor reasons, nor the lines
of a patto. The decisions of the Tavolo are no fact of a case: the bodies that signed are shown them.
"""

SEEN = """
      from views.worklists_v2 shown
     where {seen}
       and since <= %(today)s and (until_on is null or until_on > %(today)s)
       and (person_id is null or person_id = %(person)s)
"""

COUNT = f"""
    select worklist, count(*) as count
    {SEEN}
       and worklist = any(%(names)s)
     group by worklist
"""

SHOW = f"""
    select id, case_id, item_id, line, member_id, code, desks[1] as desk, since, due_on
    {SEEN}
       and worklist = %(name)s
       and (%(from_day)s::date is null or (sorts_on, id) > (%(from_day)s, %(from_id)s::uuid))
     order by sorts_on, id
     limit %(limit)s
"""

Position = Annotated[Look, Depends(reached(Worklists, Cases))]
ON_DESK, RESTS_ON = "shown.desks && %(desks)s", "shown.event_ids"


def add_routes(app: FastAPI) -> None:
    for path, endpoint in (("/worklists", list_worklists), ("/worklists/{worklist}", show_worklist)):
        app.add_api_route(
            BASE + path,
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__,
            tags=["worklists"],
            response_model=None,
        )


def list_worklists(who: Caller, services: Given, look: Position) -> Json:
    """The lists of your office with their Italian titles, and how much waits in each today for you."""
    at = look()
    names, seen = lists_of(who), sight(services, who)
    counts: dict[str, int] = {}
    if names and seen:
        query = COUNT.format(seen=seen.condition(ON_DESK, RESTS_ON))
        found = rows(services.pool, query, seen.values | {"names": names})
        counts = {row["worklist"]: row["count"] for row in found}
    items = [{"name": name, "title": TITLES[name], "count": counts.get(name, 0)} for name in names]
    return page(items, len(items), str, at)


def show_worklist(
    worklist: Annotated[str, Path(max_length=60, pattern="^[a-z_]+$")],
    who: Caller,
    services: Given,
    look: Position,
    cursor: DayCursor = None,
    limit: Limit = 100,
) -> Json:
    """What waits today in a list, soonest due first; nothing, where the list is not one of your office's.

    ``item_id`` is the id of the thing that waits (a referral, a patto, a measure …), ``line`` which of
    several of it: the version of a patto, the number of a decision; of an invitation, how many have not
    answered. ``since`` is the day from which it waits.
    """
    at = look()
    if worklist not in TITLES:
        raise unknown()
    from_day, from_id = place_of(cursor)
    seen = sight(services, who) if worklist in lists_of(who) else None
    asked = {"name": worklist, "from_day": from_day, "from_id": from_id, "limit": limit + 1}
    found = []
    if seen:
        query = SHOW.format(seen=seen.condition(ON_DESK, RESTS_ON))
        found = rows(services.pool, query, asked | seen.values)
    note_list(services, who, "show_worklist", found[:limit])
    return page(found, limit, lambda item: cursor_of(item["due_on"] or item["since"], item["id"]), at)


def lists_of(who: Who) -> list[str]:
    """The lists that somebody may be shown, in their order."""
    return [name for name in TITLES if who.kind in READERS[name]]
