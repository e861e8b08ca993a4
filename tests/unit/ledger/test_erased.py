"""What a recipient has of a person, from the sealed rows that it was shown."""

from typing import Any
from uuid import UUID, uuid5

import orjson
import pytest

from domain.ledger.erased import Shown, had_of, key_ids
from domain.message import Kind

pytestmark = pytest.mark.unit

HERS, OTHERS = "person/1", "person/2"


def uid(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def box(key_id: str, path: str = "anywhere") -> dict[str, str]:
    return {"sealed": f"{key_id}|{path}|AAAA"}


def row(event: str, data: dict[str, Any], kind: Kind = "fact") -> Shown:
    return kind, uid(event), orjson.dumps({"agency": "x", "data": data})


def correction(name: str, of: str, **new_value: Any) -> Shown:
    told = {"corrects_event_id": str(uid(of)), "voids": not new_value}
    return row(name, told | ({"new_value": new_value} if new_value else {}), "correction")


HOUSEHOLD = row("household", {"members": [{"name": box(OTHERS)}, {"name": box(HERS)}], "source": "ANPR"})


def test_who_was_shown_nothing_of_her_had_nothing():
    assert had_of([HERS], []) is None
    assert had_of([HERS], [row("one", {"name": box(OTHERS)}), row("two", {"code": "ADI"})]) is None


def test_values_are_found_where_they_stand_in_what_was_shown():
    """Not where they were sealed: entries that were not shown have moved the others up."""
    assert had_of([HERS], [HOUSEHOLD]) == {uid("household"): ["members[1].name"]}
    cut = row("household", {"members": [{"name": box(HERS, "members[7].name")}]})
    assert had_of([HERS], [cut]) == {uid("household"): ["members[0].name"]}


def test_a_backfill_says_anew_where_they_stand():
    again = row("household", {"members": [{"name": box(HERS), "surname": box(HERS)}]}, "backfill")
    assert had_of([HERS], [HOUSEHOLD, again]) == {uid("household"): ["members[0].name", "members[0].surname"]}


def test_a_correction_amends_its_fact_and_holds_values_of_its_own():
    corrects = correction("corrects", "household", members=[{"name": box(HERS)}])
    assert had_of([HERS], [HOUSEHOLD, corrects]) == {
        uid("household"): ["members[0].name"],
        uid("corrects"): ["new_value.members[0].name"],
    }


def test_a_correction_may_take_her_out():
    corrects = correction("corrects", "household", members=[{"name": box(OTHERS)}])
    assert had_of([HERS], [HOUSEHOLD, corrects]) == {}


def test_what_was_voided_or_withdrawn_is_gone_but_she_was_shown():
    assert had_of([HERS], [HOUSEHOLD, correction("voids", "household")]) == {}
    corrects = correction("corrects", "household", members=[{"name": box(HERS)}])
    assert had_of([HERS], [HOUSEHOLD, corrects, row("household", {}, "withdrawn")]) == {}


def test_the_corrections_of_what_was_voided_are_named_for_who_keeps_them():
    """Views of before the void took them along, and consumers that others wrote, may."""
    corrects = correction("corrects", "household", members=[{"name": box(HERS)}])
    voided = [HOUSEHOLD, corrects, correction("voids", "household")]
    assert had_of([HERS], voided) == {uid("corrects"): ["new_value.members[0].name"]}


def test_a_key_whose_id_begins_alike_is_another_one():
    assert had_of([HERS], [row("one", {"name": box("person/11")})]) is None


def test_an_earlier_erasure_changes_nothing():
    erased = row("erased", {"erased": [{"event_id": str(uid("household")), "paths": ["x"]}]}, "erasure")
    assert had_of([HERS], [HOUSEHOLD, erased]) == {uid("household"): ["members[1].name"]}


def test_the_keys_that_a_stored_event_names():
    stream = uid("stream")
    sealed = orjson.dumps({"a": box(HERS), "b": [{"c": box(f"household/{stream}")}], "d": 1})
    assert key_ids(stream, sealed) == {HERS, f"household/{stream}", f"case/{stream}"}
    assert key_ids(stream, b"{}") == set()
