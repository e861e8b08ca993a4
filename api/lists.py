"""Lists of cases, from the view of the Ambito or from what was disclosed to a seat."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from api.deadlines import terms_shown
from api.desks import Sight, rows
from api.problems import Wrong, bad_value
from api.readers import names_operator
from api.services import Services
from api.who import Who
from domain.contract import Json
from domain.fact import kind

FOR_THE_AMBITO = frozenset({"phase", "residence_comune", "agency", "case_manager", "term_id", "due_before"})
"""All but ``operator``: that one of an anti-violence service has a case is not the Ambito's to ask."""

NAMED_TO_THE_AMBITO = frozenset({"accreditato", "ats", "comune", "cpi", "servizio-sociale"})
"""Kinds of agency of which the Ambito is told that a case is linked to them (disclosure matrix): not that one
is sent to a health service, nor that the school was asked.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list of cases is asked for; None for all."""

    phase: str | None = None
    residence_comune: str | None = None
    agency: str | None = None
    case_manager: UUID | None = None
    operator: UUID | None = None
    term_id: str | None = None
    due_before: date | None = None

    def check(self, who: Who) -> None:
        """Raises Problem for a filter on what the reader may not know: the answer would tell it."""
        asked = {name for name, value in asdict(self).items() if value is not None}
        if who.kind == "servizio-sociale":
            return
        for name in sorted(asked - (FOR_THE_AMBITO if who.kind == "ats" else frozenset())):
            raise bad_value(Wrong(name, "is no filter for your agency"))
        if self.agency is not None and kind(self.agency) not in NAMED_TO_THE_AMBITO:
            raise bad_value(Wrong("agency", "is none whose cases your agency is told of"))


# A term counts as long as it is not kept, late or not; one that nobody can be late with, while it runs.
OF_THE_AMBITO = """
select case_id, benefit, residence_comune, phase, version, referred_on, closed_on, last_recorded_at,
       members, open_measures, case_manager
  from views.cases_v3 shown
 where {seen}
   and (%(phase)s::text is null or phase = %(phase)s)
   and (%(residence_comune)s::text is null or residence_comune = %(residence_comune)s)
   and (%(agency)s::text is null or agencies @> array[%(agency)s::text])
   and (%(case_manager)s::uuid is null or case_manager = %(case_manager)s)
   and (%(with_operator)s::uuid[] is null or case_id = any(%(with_operator)s))
   and (%(terms)s::text[] is null or exists (
        select from views.deadlines_v2 term
         where term.case_id = shown.case_id and term_id = any(%(terms)s)
           and (%(due_before)s::date is null or due_on < %(due_before)s)
           and (kept_on is null or kept_on > %(today)s) and (may_lapse or due_on >= %(today)s)))
   and (%(cursor)s::uuid is null or case_id > %(cursor)s)
 order by case_id limit %(limit)s
"""

WITH_OPERATOR = """
select case_id from views.cases_v3 shown where {seen} and operators @> array[%(operator)s::uuid]
"""

# From case to case by the index, so that a page costs what it shows, not all that was ever disclosed. A case
# whose every row was withdrawn is not listed: the last word on each fact counts; an erasure is none.
DISCLOSED = """
with recursive known as (
    (select stream_id from ledger.disclosed
      where recipient = %(recipient)s and (%(cursor)s::uuid is null or stream_id > %(cursor)s)
      order by stream_id limit 1)
     union all
    select (select stream_id from ledger.disclosed
             where recipient = %(recipient)s and stream_id > known.stream_id
             order by stream_id limit 1)
      from known where known.stream_id is not null)
select known.stream_id as case_id, standing.version
  from known,
       lateral (select max(version) as version
                  from (select distinct on (event_id) version, kind
                          from ledger.disclosed
                         where recipient = %(recipient)s and stream_id = known.stream_id
                           and type like 'adi.case.%%'
                         order by event_id, seq desc) last_words
                 where kind not in ('withdrawn', 'erasure')) standing
 where standing.version is not null
 limit %(limit)s
"""


def of_the_ambito(
    services: Services, who: Who, seen: Sight, asked: Filters, page: dict[str, Any]
) -> list[dict[str, Json]]:
    """The cases that somebody of the servizio sociale, or of the Ambito, is shown."""
    about_terms = asked.term_id is not None or asked.due_before is not None
    terms = sorted(each for each in terms_shown(who) if asked.term_id in (None, each))
    values = asdict(asked) | {"terms": terms if about_terms else None} | page | seen.values
    values["with_operator"] = _with_operator(services, who, seen, asked.operator)
    query = OF_THE_AMBITO.format(seen=seen.condition("false", "array[]::uuid[]"))
    return rows(services.pool, query, values)


def _with_operator(services: Services, who: Who, seen: Sight, operator: UUID | None) -> list[UUID] | None:
    """The cases that an operator has, as far as the reader may know of her; None where nobody is asked for.

    The view does not tell who is of an anti-violence service: each of these cases is asked.
    """
    if operator is None:
        return None
    query = WITH_OPERATOR.format(seen=seen.condition("false", "array[]::uuid[]"))
    had = [UUID(row["case_id"]) for row in rows(services.pool, query, seen.values | {"operator": operator})]
    return [each for each in had if names_operator(services, who, each, operator)]


def disclosed_to(services: Services, recipient: str, page: dict[str, Any]) -> list[dict[str, Json]]:
    """The cases of which something stands disclosed to a seat: ids and versions alone."""
    return rows(services.pool, DISCLOSED, {"recipient": recipient} | page)
