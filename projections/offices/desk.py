"""The view of an office: its lists and the people in them, made from what it was shown of each case.

A case that is told something more of is made anew from all that is held of it, so the rows are a function of
what is held: a correction, a withdrawal and an erasure need no care of their own. A closed case has no lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from domain.contract import encode
from domain.message import Message
from domain.rules.rule_set import RuleSet
from projections.offices import people
from projections.offices.held import Held, read
from projections.offices.line import Line
from projections.offices.people import Person, folded
from projections.view import Connection

CREATE = """
create table if not exists people_v1 (
    case_id   uuid  not null,
    member_id uuid  not null,
    surname   text,             -- folded, to be searched
    name      text,
    tax_code  text,
    person    jsonb not null,
    primary key (case_id, member_id)
);
create index if not exists people_v1_by_name on people_v1 (surname text_pattern_ops);
create index if not exists people_v1_by_code on people_v1 (tax_code);
create table if not exists desk_v1 (
    id        uuid primary key,
    list      text    not null,
    case_id   uuid    not null,
    item_id   uuid    not null,
    member_id uuid,
    since     date,
    due_on    date,
    until_on  date,             -- the day from which it lies on the desk no more
    open      boolean not null,
    sorts_on  date    not null generated always as (coalesce(due_on, since, date '1900-01-01')) stored,
    line      jsonb   not null
);
create index if not exists desk_v1_soonest on desk_v1 (list, sorts_on, id);
create index if not exists desk_v1_by_case on desk_v1 (case_id);
"""

CLEAR = (
    "delete from people_v1 where case_id = any(%s)",
    "delete from desk_v1 where case_id = any(%s)",
)

WRITE_PEOPLE = """
insert into people_v1
select r.case_id, r.member_id, r.surname, r.name, r.tax_code, r.person::jsonb
  from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
       as r (case_id, member_id, surname, name, tax_code, person)
"""

WRITE_LINES = """
insert into desk_v1 (id, list, case_id, item_id, member_id, since, due_on, until_on, open, line)
select r.id, r.list, r.case_id, r.item_id, r.member_id, r.since, r.due_on, r.until_on, r.open, r.line::jsonb
  from unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::date[], %s::date[],
              %s::boolean[], %s::text[])
       as r (id, list, case_id, item_id, member_id, since, due_on, until_on, open, line)
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A kind of office: its lists in the order in which it looks at them, and what makes them of a case."""

    lists: tuple[type[Line], ...]
    of_case: Callable[[Held, RuleSet], Iterator[Line]]


class Desk:
    """``desk_v1`` and ``views.people_v1``, to be applied after the view ``shown``, which they read.

    ``rules`` is the statute as the Ambito of this recipient reads it.
    """

    name, version = "desk", 1
    tables: tuple[str, ...] = ("people_v1", "views.desk_v1")

    def __init__(self, recipient: str, office: Office, rules: RuleSet) -> None:
        self._recipient, self._office, self._rules = recipient, office, rules

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)

    def wants(self, item: Message) -> bool:
        return True

    def apply(self, connection: Connection, batch: Sequence[Message]) -> None:
        cases = list({message.case_id for message in batch})
        held = read(connection, self._recipient, cases)
        for statement in CLEAR:
            connection.execute(statement, [cases], prepare=True)
        _write_people(connection, [(each.case_id, who) for each in held for who in people_of(each)])
        _write_lines(
            connection,
            [(each.case_id, line) for each in held for line in lines_of(each, self._office, self._rules)],
        )


def people_of(held: Held) -> list[Person]:
    """The people of a case."""
    return list(people.of_case(held).values())


def lines_of(held: Held, office: Office, rules: RuleSet) -> list[Line]:
    """The lines of a case, each once; none of a closed one."""
    if held.closed:
        return []
    return list({line.id(held.case_id): line for line in office.of_case(held, rules)}.values())


def _write_people(connection: Connection, found: Sequence[tuple[UUID, Person]]) -> None:
    connection.execute(
        WRITE_PEOPLE,
        [
            [case_id for case_id, _ in found],
            [who.member_id for _, who in found],
            [folded(who.surname) for _, who in found],
            [folded(who.name) for _, who in found],
            [who.tax_code and who.tax_code.upper() for _, who in found],
            [orjson.dumps(encode(who)).decode() for _, who in found],
        ],
        prepare=True,
    )


def _write_lines(connection: Connection, found: Sequence[tuple[UUID, Line]]) -> None:
    connection.execute(
        WRITE_LINES,
        [
            [line.id(case_id) for case_id, line in found],
            [line.name for _, line in found],
            [case_id for case_id, _ in found],
            [line.item_id for _, line in found],
            [line.member_id for _, line in found],
            [line.since for _, line in found],
            [line.due_on for _, line in found],
            [line.until_on for _, line in found],
            [line.open for _, line in found],
            [orjson.dumps(encode(line)).decode() for _, line in found],
        ],
        prepare=True,
    )
