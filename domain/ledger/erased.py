"""Where a person stands in the log and in what was shown of it, by the keys that the sealed values name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import orjson

from domain.contract import Json
from domain.ledger.recorder import Pool
from domain.ledger.seal import boxes
from domain.message import Kind
from domain.refused import Refused

ERASURE = "adi.case.personal_data_erased"


def key_of_person(member_id: UUID) -> str:
    """The id of the key under which all that is personal of a person is sealed."""
    return f"person/{member_id}"


def key_of_household(case_id: UUID) -> str:
    """The id of the key under which is sealed what is personal of a household and of no one member."""
    return f"household/{case_id}"


def streams_of(member_id: UUID, pool: Pool) -> list[UUID]:
    """The streams that hold something personal of a person, by reading the whole log: it is rare."""
    query = """
        select stream_id from ledger.events where position(%b in sealed) > 0
         group by stream_id order by min(position)"""
    with pool.connection() as connection:
        rows = connection.execute(query, [f'"{key_of_person(member_id)}|'.encode()]).fetchall()
    return [stream_id for (stream_id,) in rows]


def cases_of(member_id: UUID, pool: Pool) -> list[UUID]:
    """Those of the streams that are cases: not the access log of one, nor the protocol."""
    query = """
        select stream_id from ledger.events
         where stream_id = any(%s) and version = 1 and type like 'adi.case.%%' order by position"""
    with pool.connection() as connection:
        rows = connection.execute(query, [streams_of(member_id, pool)]).fetchall()
    return [stream_id for (stream_id,) in rows]


LAST = 500
"""Events at the end of the log whose keys a start looks for: a key file of an earlier day lacks some."""


def named_last(pool: Pool) -> set[str]:
    """The keys that the last events of the log name."""
    query = "select stream_id, sealed from ledger.events order by position desc limit %s"
    with pool.connection() as connection:
        rows = connection.execute(query, [LAST]).fetchall()
    return {key_id for stream_id, sealed in rows for key_id in key_ids(stream_id, sealed)}


def key_ids(stream_id: UUID, sealed: bytes) -> set[str]:
    """The keys that salt or seal the values of one stored event, as far as its values tell."""
    values = orjson.loads(sealed)
    named = {str(box).split("|", 1)[0] for _, _, _, box in boxes(values)}
    return named | {f"case/{stream_id}"} if values else named


def alone_in(case_id: UUID, member_id: UUID, pool: Pool) -> None:
    """Raises Refused where a person is in other cases too: one key seals what is personal in all of them."""
    if set(cases_of(member_id, pool)) - {case_id}:
        raise Refused("IN_OTHER_CASES", "this person is in other cases too: `ambito erase` knows them all")


Shown = tuple[Kind, UUID, bytes]
"""A row of ``disclosed``: its kind, the event, and its payload, still sealed."""


def had_of(key_ids: Collection[str], rows: Iterable[Shown]) -> dict[UUID, list[str]] | None:
    """Where values under some keys stand in what a recipient has of a case, by fact; None if it had none.

    ``rows`` are all that it was shown of the case, in order. They are taken up as its own view takes them: a
    correction amends its fact and stays, what is voided or withdrawn goes. The corrections of what was voided
    are named all the same: who keeps them has their values, and who does not passes over them.
    """
    has: dict[UUID, dict[str, Json]] = {}
    ever = False
    for kind, event_id, payload in rows:
        data: dict[str, Json] = orjson.loads(payload)["data"]
        ever = ever or bool(_paths(key_ids, data))
        if kind == "withdrawn":
            gone = {event_id, *(each for each, had in has.items() if had.get(CORRECTS) == str(event_id))}
            has = {each: had for each, had in has.items() if each not in gone}
        elif kind != "erasure":
            has[event_id] = data
            if kind == "correction":
                _correct(has, data)
    if not ever:
        return None
    found = {event_id: _paths(key_ids, data) for event_id, data in has.items()}
    return {event_id: paths for event_id, paths in found.items() if paths}


CORRECTS = "corrects_event_id"


def _correct(has: dict[UUID, dict[str, Json]], correction: dict[str, Json]) -> None:
    target = UUID(correction[CORRECTS])
    if correction.get("voids"):
        has.pop(target, None)
    elif target in has:
        has[target] = has[target] | (correction.get("new_value") or {})


def _paths(key_ids: Collection[str], data: Any) -> list[str]:
    return [path for _, _, path, box in boxes(data) if str(box).split("|", 1)[0] in key_ids]
