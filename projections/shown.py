"""What a recipient was shown: every fact as it may know it, kept as corrected, and a list of its cases.

A message that comes again for an event (a backfill with more fields) takes the place of the earlier one.
A correction amends the fact it speaks of as the log itself does, field by field, and stays as a fact of its
own. What is withdrawn or voided goes, and the corrections of it, for they hold its values; the word that it
was voided stays. An erasure leaves ``{"erased": true}`` in place of each value that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson

from domain.catalogue import stored_as
from domain.contract import Json
from domain.message import Message
from projections.view import Connection

CREATE = """
create table if not exists shown_v1 (
    event_id    uuid primary key,
    case_id     uuid        not null,
    seq         bigint      not null,
    version     integer     not null,
    type        text        not null,
    kind        text        not null,
    ground      text        not null,
    occurred_on date,
    recorded_at timestamptz not null,
    agency      text        not null,
    data        jsonb       not null
);
create index if not exists shown_v1_by_case on shown_v1 (case_id, seq);
create index if not exists shown_v1_corrections on shown_v1 ((data ->> 'corrects_event_id'))
 where kind = 'correction';
create table if not exists cases_v1 (
    case_id          uuid primary key,
    first_seq        bigint      not null,
    last_seq         bigint      not null,
    facts            integer     not null,
    last_type        text        not null,
    last_recorded_at timestamptz not null
);
"""

SHOW = """
insert into shown_v1
select * from json_to_recordset(%s) as r (
    event_id uuid, case_id uuid, seq bigint, version integer, type text, kind text, ground text,
    occurred_on date, recorded_at timestamptz, agency text, data jsonb)
on conflict (event_id) do update
   set seq = excluded.seq, version = excluded.version, type = excluded.type, kind = excluded.kind,
       ground = excluded.ground, occurred_on = excluded.occurred_on, recorded_at = excluded.recorded_at,
       agency = excluded.agency, data = excluded.data
"""

AMEND = """
update shown_v1 s
   set data = s.data || r.new_value::jsonb, occurred_on = coalesce(r.occurred_on, s.occurred_on)
  from unnest(%s::uuid[], %s::text[], %s::date[]) as r (event_id, new_value, occurred_on)
 where s.event_id = r.event_id
"""

MASK = """
update shown_v1 s set data = r.data::jsonb
  from unnest(%s::uuid[], %s::text[]) as r (event_id, data)
 where s.event_id = r.event_id
"""

WITHDRAW = """
delete from shown_v1
 where event_id = any(%s)
    or (kind = 'correction' and data ->> 'corrects_event_id' = any(%s))
"""

VOID_FACTS = "delete from shown_v1 where event_id = any(%s)"

# Those before the void, which stays itself: the same however the messages were cut into batches.
VOID_CORRECTIONS = """
delete from shown_v1 s using unnest(%s::text[], %s::bigint[]) as v (event_id, seq)
 where s.kind = 'correction' and s.data ->> 'corrects_event_id' = v.event_id and s.seq < v.seq
"""

# From the rows themselves, so that it comes out the same however the messages were cut into batches.
LIST_CASES = """
insert into cases_v1
select case_id, min(seq), max(seq), count(*), (array_agg(type order by seq desc))[1], max(recorded_at)
  from shown_v1
 where case_id = any(%s) and type like 'adi.case.%%'
 group by case_id
on conflict (case_id) do update
   set first_seq = excluded.first_seq, last_seq = excluded.last_seq, facts = excluded.facts,
       last_type = excluded.last_type, last_recorded_at = excluded.last_recorded_at
"""

UNLIST_CASES = """
delete from cases_v1 c
 where case_id = any(%s) and not exists (select from shown_v1 s where s.case_id = c.case_id)
"""


class Shown:
    """The view of every recipient."""

    name, version = "shown", 1
    tables: tuple[str, ...] = ("shown_v1", "cases_v1")

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)

    def wants(self, item: Message) -> bool:
        return True

    def apply(self, connection: Connection, batch: Sequence[Message]) -> None:
        for kind, run in groupby(batch, _what):
            messages = list(run)
            if kind == "withdrawn":
                ids = [message.event_id for message in messages]
                connection.execute(WITHDRAW, [ids, [str(event_id) for event_id in ids]])
                continue
            if kind == "erasure":
                _erase(connection, messages)
                continue
            _show(connection, messages)
            if kind == "correction":
                _correct(connection, messages)
        cases = list({message.case_id for message in batch})
        connection.execute(LIST_CASES, [cases])
        connection.execute(UNLIST_CASES, [cases])


def _what(message: Message) -> str:
    return message.kind if message.kind in ("withdrawn", "correction", "erasure") else "shown"


def _show(connection: Connection, messages: Sequence[Message]) -> None:
    # One statement cannot write a row twice: the last word on an event is the one that counts.
    last = list({message.event_id: message for message in messages}.values())
    connection.execute(SHOW, [orjson.dumps(last).decode()], prepare=True)


def _correct(connection: Connection, corrections: Sequence[Message]) -> None:
    """What is voided goes, with what corrected it; if it is to stand again, it comes again, as a backfill."""
    voided: dict[UUID, int] = {}
    changes: dict[UUID, dict[str, Json]] = {}
    for message in corrections:
        target = UUID(message.data["corrects_event_id"])
        if message.data.get("voids"):
            voided[target] = message.seq
        elif target not in voided:
            changes[target] = changes.get(target, {}) | dict(message.data.get("new_value") or {})
    if changes:
        _amend(connection, changes)
    if voided:
        ids = list(voided)
        connection.execute(VOID_FACTS, [ids])
        connection.execute(VOID_CORRECTIONS, [[str(each) for each in ids], list(voided.values())])


def _amend(connection: Connection, changes: dict[UUID, dict[str, Json]]) -> None:
    ids = list(changes)
    found: list[Any] = connection.execute(
        "select event_id, type from shown_v1 where event_id = any(%s)", [ids]
    ).fetchall()
    connection.execute(
        AMEND,
        [
            [event_id for event_id, _ in found],
            [orjson.dumps(changes[event_id]).decode() for event_id, _ in found],
            [_day(type_, changes[event_id]) for event_id, type_ in found],
        ],
    )


def _erase(connection: Connection, erasures: Sequence[Message]) -> None:
    """Mask what is named where it stands; what is not there any more needs no mask."""
    named: dict[UUID, set[str]] = {}
    for message in erasures:
        for each in message.data.get("erased") or ():
            named.setdefault(UUID(each["event_id"]), set()).update(each["paths"])
    found = connection.execute(
        "select event_id, data from shown_v1 where event_id = any(%s)", [list(named)]
    ).fetchall()
    masked = [(event_id, mask(data, frozenset(named[event_id]))) for event_id, data in found]
    connection.execute(
        MASK,
        [[event_id for event_id, _ in masked], [orjson.dumps(data).decode() for _, data in masked]],
    )


def mask(data: Json, paths: frozenset[str], path: str = "") -> Json:
    """The same values, those at ``paths`` erased."""
    if path in paths:
        return {"erased": True}
    if isinstance(data, dict):
        return {name: mask(each, paths, f"{path}.{name}" if path else name) for name, each in data.items()}
    if isinstance(data, list):
        return [mask(each, paths, f"{path}[{index}]") for index, each in enumerate(data)]
    return data


def _day(stored_name: str, new_value: dict[str, Json]) -> date | None:
    """The day of the fact, where the correction gives another one; of an instant its day in UTC."""
    try:
        happened = stored_as(stored_name)[0].happened
    except KeyError:
        return None  # a fact that this version does not know yet
    value = new_value.get(happened) if happened else None
    return date.fromisoformat(value[:10]) if value else None
