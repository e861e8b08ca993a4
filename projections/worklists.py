"""The worklists of the offices, kept from what waits in each case and in the Tavolo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import orjson

from domain.fact import Fact
from domain.ledger.mapper import Entry
from projections.guard import guard
from projections.view import Connection
from projections.waiting import OUTSIDE_CASES, Item, items_of
from projections.whole import behind, of_a_case

CREATE = """
create table if not exists worklists_streams_v2 (
    case_id uuid primary key,   -- or the stream of the Tavolo, or of the access log of a case
    version integer not null
);
create table if not exists worklists_v2 (
    id        uuid primary key,
    stream_id uuid   not null,  -- whose facts it was made from
    case_id   uuid,             -- none for the Tavolo
    worklist  text   not null,
    item_id   uuid   not null,  -- a referral, a patto, a support, a measure, a convocation …
    line      integer,          -- which of several of one item
    event_ids uuid[] not null,  -- the facts that it rests on
    desks     text[] not null,  -- the office that acts, then others on whose desk it lies
    member_id uuid,
    person_id uuid,             -- who alone is shown it, of a desk that does not name the unit
    code      text,
    since     date   not null,
    until_on  date,             -- the day from which it waits no more
    due_on    date,
    sorts_on  date   not null generated always as (coalesce(due_on, since)) stored
);
create index if not exists worklists_v2_soonest on worklists_v2 (worklist, sorts_on, id);
create index if not exists worklists_v2_by_stream on worklists_v2 (stream_id);
create index if not exists worklists_v2_by_case on worklists_v2 (case_id);
create index if not exists worklists_v2_by_desk on worklists_v2 using gin (desks);
"""

WRITE = """
insert into worklists_v2
       (id, stream_id, case_id, worklist, item_id, line, event_ids, desks, member_id, person_id, code,
        since, until_on, due_on)
select r.id, r.stream_id, r.case_id, r.worklist, r.item_id, r.line,
       array(select jsonb_array_elements_text(r.event_ids::jsonb)::uuid),
       array(select jsonb_array_elements_text(r.desks::jsonb)),
       r.member_id, r.person_id, r.code, r.since, r.until_on, r.due_on
  from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::integer[], %s::text[],
              %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::date[], %s::date[])
       as r (id, stream_id, case_id, worklist, item_id, line, event_ids, desks, member_id, person_id, code,
             since, until_on, due_on)
"""

ON_ITS_DESK = """
case when (select ledger.reader('recipient')) is not null
      and desks && array[(select ledger.reader('recipient')), '*',
                         case (select ledger.reader('kind')) when 'asl' then 'asl' end]
     then ledger.all_shown(event_ids) end
"""

REMEMBER = """
insert into worklists_streams_v2 select * from unnest(%s::uuid[], %s::integer[])
on conflict (case_id) do update set version = excluded.version
"""


class Worklists:
    """``worklists_v2``. ``facts(stream_id)`` gives the facts of a stream, e.g. ``Log.facts``."""

    name, version = "worklists", 2
    tables: tuple[str, ...] = ("worklists_streams_v2", "worklists_v2")

    def __init__(self, facts: Callable[[UUID], Sequence[Fact[Any]]]) -> None:
        self._facts = facts

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)
        guard(connection, "worklists_v2", desk=ON_ITS_DESK)

    def wants(self, item: Entry) -> bool:
        return of_a_case(item) or item.fact.kind in OUTSIDE_CASES

    def apply(self, connection: Connection, batch: Sequence[Entry]) -> None:
        moved = behind(connection, "worklists_streams_v2", batch)
        facts = {stream_id: self._facts(stream_id) for stream_id in moved}
        if facts:
            connection.execute("delete from worklists_v2 where stream_id = any(%s)", [moved])
            for stream_id, told in facts.items():
                _write(connection, stream_id, list(items_of(told)))
            connection.execute(REMEMBER, [moved, [facts[stream_id][-1].version for stream_id in moved]])


def _write(connection: Connection, stream_id: UUID, items: Sequence[tuple[str, Item]]) -> None:
    connection.execute(
        WRITE,
        [
            [item.id(name) for name, item in items],
            [stream_id for _ in items],
            [item.case_id for _, item in items],
            [name for name, _ in items],
            [item.item_id for _, item in items],
            [item.line for _, item in items],
            [orjson.dumps(item.event_ids).decode() for _, item in items],
            [orjson.dumps(item.desks).decode() for _, item in items],
            [item.member_id for _, item in items],
            [item.person_id for _, item in items],
            [item.code for _, item in items],
            [item.since for _, item in items],
            [item.until_on for _, item in items],
            [item.due_on for _, item in items],
        ],
        prepare=True,
    )
