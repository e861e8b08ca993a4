"""The view of an office: its lists and the people in them, made from what it was shown of each case.

A case that is told something more of is made anew from all that is held of it, so the rows are a function of
what is held: a correction, a withdrawal and an erasure need no care of their own. A closed case has no lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from domain.contract import Json, encode
from domain.message import Message
from domain.rules.rule_set import RuleSet
from projections.offices import people
from projections.offices.held import Held, read
from projections.offices.line import Line
from projections.offices.people import Person, folded
from projections.shown import Shown
from projections.view import Connection

Row = dict[str, Json]

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
select * from json_to_recordset(%s) as r (
    case_id uuid, member_id uuid, surname text, name text, tax_code text, person jsonb)
"""

WRITE_LINES = """
insert into desk_v1 (id, list, case_id, item_id, member_id, since, due_on, until_on, open, line)
select * from json_to_recordset(%s) as r (
    id uuid, list text, case_id uuid, item_id uuid, member_id uuid, since date, due_on date, until_on date,
    open boolean, line jsonb)
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A kind of office: its lists in the order in which it looks at them, and what makes them of a case."""

    lists: tuple[type[Line], ...]
    of_case: Callable[[Held, RuleSet], Iterator[Line]]


class Desk:
    """What an office was shown, and its lists made of it: ``desk_v1``, with the people in ``people_v1``.

    One view, for the lists are read off the facts as they stand after the same batch. ``rules`` is the
    statute as the Ambito of this recipient reads it.
    """

    name, version = "desk", 1
    tables: tuple[str, ...] = (*Shown.tables, "people_v1", "desk_v1")

    def __init__(self, recipient: str, office: Office, rules: RuleSet) -> None:
        self._recipient, self._office, self._rules = recipient, office, rules
        self._shown = Shown()

    def create(self, connection: Connection) -> None:
        self._shown.create(connection)
        connection.execute(CREATE)

    def wants(self, item: Message) -> bool:
        return True

    def apply(self, connection: Connection, batch: Sequence[Message]) -> None:
        self._shown.apply(connection, batch)
        cases = list({message.case_id for message in batch})
        held = read(connection, self._recipient, cases)
        for statement in CLEAR:
            connection.execute(statement, [cases], prepare=True)
        _write(
            connection, WRITE_PEOPLE, [_person(each.case_id, who) for each in held for who in people_of(each)]
        )
        lines = [(each.case_id, line) for each in held for line in lines_of(each, self._office, self._rules)]
        _write(connection, WRITE_LINES, [_line(case_id, line) for case_id, line in lines])


def people_of(held: Held) -> list[Person]:
    """The people of a case."""
    return list(people.of_case(held).values())


def lines_of(held: Held, office: Office, rules: RuleSet) -> list[Line]:
    """The lines of a case, each once; none of a closed one."""
    if held.closed:
        return []
    return list({line.id(held.case_id): line for line in office.of_case(held, rules)}.values())


def _person(case_id: UUID, who: Person) -> Row:
    return {
        "case_id": case_id,
        "member_id": who.member_id,
        "surname": folded(who.surname),
        "name": folded(who.name),
        "tax_code": who.tax_code and who.tax_code.upper(),
        "person": encode(who),
    }


def _line(case_id: UUID, line: Line) -> Row:
    return {
        "id": line.id(case_id),
        "list": line.name,
        "case_id": case_id,
        "item_id": line.item_id,
        "member_id": line.member_id,
        "since": line.since,
        "due_on": line.due_on,
        "until_on": line.until_on,
        "open": line.open,
        "line": encode(line),
    }


def _write(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(statement.encode(), [orjson.dumps(rows).decode()], prepare=True)
