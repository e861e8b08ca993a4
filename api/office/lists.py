"""The lists of the office, one route each, and how much of each lies on its desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI

from api.json import Json
from api.office.caller import Caller
from api.office.paths import BASE
from api.office.services import Given, OfficeServices
from api.parameters import Day, DayCursor, Limit, as_day, cursor_of, page, place_of
from projections.offices.line import Line, title

COUNT = """
select list, count(*) as open, count(*) filter (where due_on < %(today)s) as late
  from views.desk_v1
 where open and (until_on is null or until_on > %(today)s)
 group by list
"""

SHOW = """
select * from (
    select d.id, d.case_id, d.line, d.sorts_on, d.due_on, d.member_id, d.item_id,
           d.open and (d.until_on is null or d.until_on > %(today)s) as open,
           jsonb_build_object('member_id', d.member_id) || coalesce(p.person, '{}') as person
      from views.desk_v1 d
      left join views.people_v1 p on p.case_id = d.case_id and p.member_id = d.member_id
     where d.list = %(list)s
  ) lines
 where (%(open)s::boolean is null or open = %(open)s)
   and (%(case_id)s::uuid is null or case_id = %(case_id)s)
   and (%(member_id)s::uuid is null or member_id = %(member_id)s)
   and (%(item_id)s::uuid is null or item_id = %(item_id)s)
   and (%(due_before)s::date is null or due_on < %(due_before)s)
   and (%(due_after)s::date is null or due_on > %(due_after)s)
   and (%(from_day)s::date is null or (sorts_on, id) > (%(from_day)s, %(from_id)s::uuid))
 order by sorts_on, id
 limit %(limit)s
"""


def add_routes(app: FastAPI, lists: tuple[type[Line], ...]) -> None:
    app.add_api_route(
        f"{BASE}/desk",
        show_desk,
        methods=["GET"],
        operation_id="show_desk",
        tags=["desk"],
        response_model=None,
    )
    for kind in lists:
        app.add_api_route(
            f"{BASE}/{kind.name}",
            _shows(kind),
            methods=["GET"],
            operation_id=f"list_{kind.name.replace('-', '_')}",
            tags=["desk"],
            response_model=None,
        )


def show_desk(_: Caller, services: Given) -> Json:
    """The lists of the office with their titles, how much is open in each today, and how much of it late."""
    counts = {row["list"]: row for row in services.rows(COUNT, {"today": services.today})}
    none = {"open": 0, "late": 0}
    items = [
        {"name": kind.name, "title": title(kind)}
        | {name: counts.get(kind.name, none)[name] for name in ("open", "late")}
        for kind in services.office.lists
    ]
    return Json({"items": items, "next_cursor": None})


async def _asked(
    open: bool | None = None,
    case_id: UUID | None = None,
    member_id: UUID | None = None,
    item_id: UUID | None = None,
    due_before: Day = None,
    due_after: Day = None,
) -> dict[str, Any]:
    """The filters that every list has; ``due_before`` and ``due_after`` leave out their own day."""
    return {
        "open": open,
        "case_id": case_id,
        "member_id": member_id,
        "item_id": item_id,
        "due_before": as_day("due_before", due_before),
        "due_after": as_day("due_after", due_after),
    }


Asked = Annotated[dict[str, Any], Depends(_asked)]


def _shows(kind: type[Line]) -> Callable[..., Json]:
    """The endpoint of a list: its lines, soonest due first; those without a term by the day they began."""

    named = ("member_id", "name", "surname")

    def show(_: Caller, services: Given, asked: Asked, cursor: DayCursor = None, limit: Limit = 100) -> Json:
        from_day, from_id = place_of(cursor)
        place = {"from_day": from_day, "from_id": from_id, "limit": limit + 1}
        found = services.rows(SHOW, asked | place | {"list": kind.name, "today": services.today})
        if not kind.whole_person:
            for row in found:
                row["person"] = {name: row["person"][name] for name in named if name in row["person"]}
        return page(
            [shown(row, services) for row in found],
            limit,
            lambda item: cursor_of(item.get("due_on") or item.get("since") or "1900-01-01", item["id"]),
        )

    return show


def shown(row: dict[str, Any], services: OfficeServices) -> dict[str, Any]:
    """A line as its reader is shown it: with the person in place of an id, and what holds today."""
    line = {name: value for name, value in row["line"].items() if name != "member_id"}
    late = row["open"] and "due_on" in line and line["due_on"] < services.today.isoformat()
    found = {"id": row["id"], "case_id": row["case_id"]} | line | {"open": row["open"], "late": late}
    return found | ({"person": row["person"]} if "member_id" in row else {})
