"""The decisions on sanctions, for who looks whether they were lawful: by what was decided, by which rules,
whether it still comes out, and which step is late.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import Depends, FastAPI, Query
from starlette.responses import Response

from api.caller import Caller
from api.desks import rows, sight
from api.noted import note_access, note_list
from api.parameters import Day, DayCursor, ManyRows, as_period, cursor_of, page, place_of
from api.paths import BASE
from api.problems import Wrong, bad_value
from api.reached import Look, reached
from api.services import Given
from api.tables import AS_CSV, Accept, Format, as_csv, table
from api.who import Who
from domain.contract import Json
from domain.italian import in_words
from projections.cases import Cases
from projections.decisions import OUTCOMES, Decisions, Kind

Measure = Literal["RICHIAMO_FORMALE", "SOSPENSIONE", "DECURTAZIONE", "DECADENZA", "REVOCA"]
Outcome = Literal["REPRODUCED", "DIFFERS", "REPRODUCED_SOURCES_ERASED"]
Step = Literal["REPORT", "NOTICE", "REASON"]
Position = Annotated[Look, Depends(reached(Decisions, Cases))]

NOT_OF_THE_AMBITO: frozenset[str] = frozenset({"REPORT", "REASON"})
"""Steps whose days follow from an infraction, which the Ambito is not told of; nor on which evaluation of
whom a measure rests.
"""

QUERY = """
select event_id, case_id, kind, decision_id, decided_on, measure, rule_set_id, {hash}, finding,
       conflicts_with, annulled, outcome, differs, overdue, {steps}
  from (select *, array_remove(array[{overdue}], null) as overdue from views.decisions_v1) shown
 where {seen}
   and kind = any(%(kinds)s)
   and (%(from)s::date is null or decided_on >= %(from)s)
   and (%(to)s::date is null or decided_on <= %(to)s)
   and (%(measure)s::text is null or measure = %(measure)s)
   and (%(rule_set)s::text is null or rule_set_id = %(rule_set)s)
   and (%(outcome)s::text is null or outcome = %(outcome)s)
   and (%(conflict)s::boolean is null or (conflicts_with <> '{{}}') = %(conflict)s)
   and (%(overdue)s::text is null or %(overdue)s = any(overdue))
   and (%(case_id)s::uuid is null or case_id = %(case_id)s)
   and (%(from_day)s::date is null or (decided_on, event_id) > (%(from_day)s, %(from_id)s::uuid))
 order by decided_on, event_id
 limit %(limit)s
"""

DAYS = {
    "REPORT": ("report_due_on", "reported_on"),
    "NOTICE": ("notice_due_on", "noticed_on"),
    "REASON": ("reason_due_on", "asked_on"),
}

OVERDUE = "case when {due} < %(today)s and ({done} is null or {done} > {due}) then '{step}' end"

COLUMNS = (
    "decided_on",
    "kind",
    "title",
    "measure",
    "case_id",
    "event_id",
    "decision_id",
    "rule_set_id",
    "rule_set_hash",
    "finding",
    "conflicts_with",
    "annulled",
    "outcome",
    "differs",
    "overdue",
    *(day for days in DAYS.values() for day in days),
    "summary",
)


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/decisions",
        list_decisions,
        methods=["GET"],
        operation_id="list_decisions",
        tags=["measures"],
        response_model=None,
        responses={200: AS_CSV},
    )


def list_decisions(
    who: Caller,
    services: Given,
    look: Position,
    from_day: Annotated[Day, Query(alias="from")] = None,
    to_day: Annotated[Day, Query(alias="to")] = None,
    kind: Kind | None = None,
    measure: Measure | None = None,
    rule_set: Annotated[str | None, Query(max_length=60, pattern="^[A-Za-z0-9-]+$")] = None,
    outcome: Outcome | None = None,
    conflict: bool | None = None,
    overdue: Step | None = None,
    case_id: UUID | None = None,
    cursor: DayCursor = None,
    limit: ManyRows = 100,
    format: Format = None,
    accept: Accept = "*/*",
) -> Response:
    """Proposals, measures, and the evaluations that they rest on, by the day of the decision; JSON or CSV.

    ``from`` and ``to`` are days of the decision, both within. ``outcome`` is that of deciding again;
    ``conflict`` whether another rule set says otherwise; ``overdue`` a step that was not done by its last
    day, or done late: the REPORT to INPS, the NOTICE of the proceeding, the REASON asked for.

    The servizio sociale is shown the cases assigned to the person. The Ambito is shown proposals and
    measures of every case, and of their steps the notice alone. One without the text of its rules is
    held against those of today.
    """
    at = look()
    steps = [step for step in get_args(Step) if not (who.kind == "ats" and step in NOT_OF_THE_AMBITO)]
    if overdue is not None and overdue not in steps:
        raise bad_value(Wrong("overdue", "is no step that your agency is told of"))
    first, last = as_period(from_day, to_day)
    from_place, from_id = place_of(cursor)
    asked = {
        "kinds": [each for each in _kinds(who) if kind in (None, each)],
        "from": first,
        "to": last,
        "measure": measure,
        "rule_set": rule_set,
        "outcome": outcome,
        "conflict": conflict,
        "overdue": overdue,
        "case_id": case_id,
        "from_day": from_place,
        "from_id": from_id,
        "limit": limit + 1,
    }
    seen = sight(services, who)
    assert seen is not None  # of these two agencies each sees something
    query = QUERY.format(
        seen=seen.condition("false", "array[]::uuid[]"),
        hash="null as rule_set_hash" if who.kind == "ats" else "rule_set_hash",
        steps=", ".join(_shown(step, step in steps) for step in DAYS),
        overdue=", ".join(_overdue(step) for step in steps),
    )
    items = [_told(row) for row in rows(services.pool, query, asked | seen.values)]
    if case_id is not None and items:
        # Of one case it is a read of its file.
        note_access(services, who, case_id, [UUID(item["event_id"]) for item in items[:limit]])
    note_list(services, who, "list_decisions", items[:limit])
    if not as_csv(format, accept):
        return page(items, limit, _place, at)
    more = _place(items[limit - 1]) if len(items) > limit else None
    return table("decisions", COLUMNS, items[:limit], more, at)


def _kinds(who: Who) -> list[str]:
    return [kind for kind in get_args(Kind) if not (who.kind == "ats" and kind == "EVALUATION")]


def _shown(step: str, told: bool) -> str:
    return ", ".join(day if told else f"null::date as {day}" for day in DAYS[step])


def _overdue(step: str) -> str:
    due, done = DAYS[step]
    return OVERDUE.format(due=due, done=done, step=step)


def _place(item: dict[str, Json]) -> str:
    return cursor_of(item["decided_on"], item["event_id"])


# --- in Italian --------------------------------------------------------------------------------------------

TITLES = {
    "EVALUATION": "Verifica degli obblighi",
    "PROPOSAL": "Proposta di {measure}",
    "MEASURE": "Provvedimento di {measure}",
}

AGAIN = {
    "REPRODUCED": "rifatta dai fatti dà lo stesso esito",
    "DIFFERS": "rifatta NON dà lo stesso esito",
    "REPRODUCED_SOURCES_ERASED": "rifatta dai soli valori conservati dà lo stesso esito: "
    "i dati da cui veniva sono stati cancellati",
}

LATE = {
    "REPORT": "segnalazione a INPS oltre i dieci giorni",
    "NOTICE": "avvio del procedimento non comunicato prima della misura",
    "REASON": "giustificato motivo non chiesto prima della decisione",
}

assert AGAIN.keys() == set(OUTCOMES.values()) == set(get_args(Outcome))


def _told(row: dict[str, Json]) -> dict[str, Json]:
    title = TITLES[row["kind"]].format(measure=(row["measure"] or "").lower().replace("_", " "))
    return {"title": title, "summary": _summary(title, row)} | row


def _summary(title: str, row: dict[str, Any]) -> str:
    """One line that says what there is to look at."""
    said = [f"{title}, {in_words(date.fromisoformat(row['decided_on']))}, regole {row['rule_set_id']}"]
    said += ["annullata"] if row["annulled"] else []
    said += [f"rilievo {row['finding']}"] if row["finding"] not in (None, "NONE") else []
    said += [f"in conflitto con {', '.join(row['conflicts_with'])}"] if row["conflicts_with"] else []
    said += [AGAIN[row["outcome"]], *(LATE[step] for step in row["overdue"])]
    return "; ".join(said) + "."
