"""What lies in the table of the log: digests, values in clear, and sealed ones that can be erased."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest

from domain.case.events import (
    CaseReferred,
    EventCorrected,
    HouseholdConvoked,
    InfractionReportedToInps,
    MemberConditionRecorded,
    PreliminaryAnalysisCompleted,
)
from domain.case.parts import ContactUsed, Need, Outcome
from domain.case.state import fold
from domain.contract import ERASED, Erased, contract_of, decode_stored, encode, leaves, personal_fields
from domain.ledger.context import fact_of
from domain.ledger.digests import digest
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry
from domain.ledger.seal import Damaged, key_of
from domain.ledger.store import Log
from tests.databases import Ledger
from tests.integration.ledger.acts import DAY, LAW, WORKER, context, household, member, referral

pytestmark = pytest.mark.integration

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
ONE, OTHER = uuid4(), uuid4()


def events(one: UUID = ONE, other: UUID = OTHER) -> list[Any]:
    """Facts of a case whose every personal value of free text begins with a marker of its person."""
    return [
        referral(domanda_ref="MARK-household-domanda"),
        household(member("MARK-one", one), member("MARK-other", other)),
        MemberConditionRecorded(
            member_id=one,
            condition_code="GENDER_VIOLENCE_PATH",
            value=True,
            valid_from=DAY,
            certified_by="MARK-one-certified",
            evidence_ref="MARK-one-evidence",
        ),
        HouseholdConvoked(
            convocation_id=uuid4(),
            member_ids=(one, other),
            appointment_at=NOON,
            place="the office",
            channel="SMS",
            contact_used=(
                ContactUsed(member_id=one, channel="SMS", value="MARK-one-number", from_event_id=uuid4()),
                ContactUsed(member_id=other, channel="SMS", value="MARK-other-number", from_event_id=uuid4()),
            ),
            text_ref="text-1",
            text_hash="00",
            language="it",
            sent_at=NOON,
            purpose="FIRST_APPOINTMENT",
            warning_text_version="1",
        ),
        PreliminaryAnalysisCompleted(
            analysis_id=uuid4(),
            instrument_version="1",
            completed_on=DAY,
            needs_by_area=(Need(need_id=uuid4(), member_id=one, area="HEALTH", level="HIGH"),),
            outcomes=(Outcome(member_id=other, outcome="SPECIALIST"),),
            operator_id=uuid4(),
        ),
        InfractionReportedToInps(
            report_id=uuid4(),
            infraction_refs=(uuid4(),),
            facts="MARK-household-facts",
            article_and_letter="8.6.a",
            reason_status="PENDING",
            reported_on=DAY,
            siisl_receipt="receipt-1",
        ),
    ]


CODES = [b"GENDER_VIOLENCE_PATH", b"HEALTH", b"SPECIALIST"]
"""Personal values that are codes: they tell as much as a name."""


@pytest.fixture
def case_id(log: Log) -> UUID:
    """A case that holds all of them, the household's composition corrected."""
    case_id = uuid4()
    told = list(events())
    entries = save(log, case_id, told)
    correction = EventCorrected(
        corrects_event_id=entries[1].fact.event_id,
        reason="wrong name",
        new_value=encode(
            household(
                replace(member("MARK-one-corrected", ONE), name="MARK-one-new"), member("MARK-other", OTHER)
            )
        ),
    )
    save(log, case_id, [correction], after=len(told))
    return case_id


def save(log: Log, case_id: UUID, told: list[Any], after: int = 0) -> list[Entry]:
    entries = [
        Entry(fact_of(event, case_id, after + n, context()), {}) for n, event in enumerate(told, start=1)
    ]
    log.save(*entries)
    return entries


def table_bytes(ledger: Ledger) -> bytes:
    """Every byte of every column of the rows of the log."""
    with psycopg.connect(ledger.owner_url) as owner:
        rows = owner.execute("select state, sealed, e::text from ledger.events e").fetchall()
    assert rows
    return b"".join(state + sealed + text.encode() for state, sealed, text in rows)


def values_of(case_facts: list[Any], what: type) -> Any:
    return next(fact.event for fact in case_facts if isinstance(fact.event, what))


# --- what is stored ---------------------------------------------------------------------------------------


def test_no_personal_value_stands_in_the_bytes_of_the_table(ledger: Ledger, log: Log, case_id: UUID) -> None:
    found = table_bytes(ledger)
    assert found.count(b"MARK") == 0
    assert [code for code in CODES if code in found] == []
    # What is in clear is there: the search would find a marker.
    assert b"the office" in found and b"receipt-1" in found and b"058091" in found


def test_control_a_field_that_is_not_declared_personal_would_be_found(ledger: Ledger, log: Log) -> None:
    save(log, uuid4(), [replace(referral(), ats="MARK-in-a-plain-field")])
    assert b"MARK-in-a-plain-field" in table_bytes(ledger)


def test_the_events_here_carry_a_marker_or_a_code_in_every_personal_field() -> None:
    for event in events():
        data = encode(event)
        for name in personal_fields(type(event)):
            if name in data and name != "value":
                text = orjson.dumps(data[name])
                assert b"MARK" in text or any(code in text for code in CODES), (
                    f"{contract_of(event).name}.{name}"
                )


def test_every_value_has_exactly_one_digest_in_the_hashed_state(log: Log, case_id: UUID) -> None:
    for entry in log.entries(case_id):
        fact = entry.fact
        found = list(leaves(type(fact.event), encode(fact.event)))
        held = log.keys.held({key_of(leaf, case_id) for leaf in found})
        made = sorted(
            digest(
                held[key_of(leaf, case_id)].salt(fact.event_id.bytes + leaf.path.encode()),
                leaf.path,
                leaf.value,
            )
            for leaf in found
        )
        assert list(entry.digests) == made and len(set(made)) == len(made)


def test_what_is_read_is_what_was_told(log: Log) -> None:
    case_id, told = uuid4(), events()
    save(log, case_id, told)
    assert [fact.event for fact in log.facts(case_id)] == told
    assert [entry.fact.event for entry in log.after(0, 100)] == told


def test_the_envelope_comes_back_whole(log: Log) -> None:
    around = replace(context(), purpose="CONTROLS", causation_id=uuid4())
    case_id = uuid4()
    log.act(case_id, referral(), around, law=LAW)
    (fact,) = log.facts(case_id)
    assert (fact.recorder, fact.known_on, fact.purpose) == (WORKER, DAY, "CONTROLS")
    assert (fact.command_id, fact.correlation_id) == (around.command.command_id, around.correlation_id)
    assert (fact.causation_id, fact.position, fact.version) == (around.causation_id, 1, 1)
    assert fact.recorded_at is not None


# --- erasure ----------------------------------------------------------------------------------------------


def test_erasing_a_person_takes_their_values_and_nobody_elses(log: Log, case_id: UUID) -> None:
    before = log.entries(case_id)
    log.keys.destroy(f"person/{ONE}")  # type: ignore[attr-defined]
    after = log.entries(case_id)
    assert [entry.digests for entry in after] == [entry.digests for entry in before]
    gone = 0
    for old, new in zip(before, after, strict=True):
        was = {leaf.path: leaf for leaf in leaves(type(old.fact.event), encode(old.fact.event))}
        now = dict(flat(encode(new.fact.event)))
        for path, leaf in was.items():
            of_one = leaf.personal and leaf.subject == str(ONE)
            assert now[path] == ({"erased": True} if of_one else leaf.value), path
            gone += of_one
    assert gone > 20


def flat(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values by path, as `leaves` names them."""
    if type(data) is dict and data and data != {"erased": True}:
        for name, value in data.items():
            yield from flat(value, f"{path}.{name}" if path else name)
    elif type(data) is list and data and type(data[0]) is dict and data[0] != {"erased": True}:
        for n, value in enumerate(data):
            yield from flat(value, f"{path}[{n}]")
    else:
        yield path, data


def test_a_case_folds_after_an_erasure(log: Log, case_id: UUID) -> None:
    before = log.case(case_id)
    log.keys.destroy(f"person/{ONE}")  # type: ignore[attr-defined]
    after = log.case(case_id)
    assert after.version == before.version and list(after.members) == [ONE, OTHER]
    assert after.members[ONE].name == ERASED and isinstance(after.members[ONE].tax_code, Erased)
    assert after.members[OTHER] == before.members[OTHER]
    assert after.referral == before.referral


def test_a_case_folds_without_opening_anything(log: Log, case_id: UUID) -> None:
    closed = [
        replace(entry.fact, event=decode_stored(contract_of(entry.fact.event).stored_name, entry.values))
        for entry in log.entries(case_id)
    ]
    case = fold(closed)
    assert case.version == 7 and b"MARK" not in orjson.dumps([encode(fact.event) for fact in closed])


def test_erasing_everybody_leaves_every_fact_with_its_values_in_clear(log: Log, case_id: UUID) -> None:
    for key_id in (f"person/{ONE}", f"person/{OTHER}", f"household/{case_id}"):
        log.keys.destroy(key_id)  # type: ignore[attr-defined]
    facts = log.facts(case_id)
    assert b"MARK" not in orjson.dumps([encode(fact.event) for fact in facts])
    assert values_of(facts, HouseholdConvoked).place == "the office"
    assert values_of(facts, CaseReferred).domanda_ref == ERASED


def test_an_erasure_changes_no_byte_of_the_log(ledger: Ledger, log: Log, case_id: UUID) -> None:
    before = hashlib.sha256(table_bytes(ledger)).digest()
    log.keys.destroy(f"person/{ONE}")  # type: ignore[attr-defined]
    assert hashlib.sha256(table_bytes(ledger)).digest() == before


def test_keys_outlive_the_process_and_an_erasure_too(ledger: Ledger, log: Log, case_id: UUID) -> None:
    again = KeyFile(ledger.keys_file, ledger.keys_wrapping)
    log.mapper.keys = again
    assert log.case(case_id).members[ONE].name == "MARK-one-new"
    again.destroy(f"person/{ONE}")
    again.close()
    third = KeyFile(ledger.keys_file, ledger.keys_wrapping)
    log.mapper.keys = third
    assert log.case(case_id).members[ONE].name == ERASED
    third.close()


# --- damage -----------------------------------------------------------------------------------------------


def change(ledger: Ledger, version: int, changed: Any) -> None:
    """The owner of the database changes the values of an event."""
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        row = owner.execute("select sealed from ledger.events where version = %s", [version]).fetchone()
        assert row is not None
        values = orjson.loads(row[0])
        changed(values)
        owner.execute(
            "update ledger.events set sealed = %s where version = %s", [orjson.dumps(values), version]
        )


def read(log: Log, case_id: UUID) -> list[Any]:
    """Every fact of a case, opened."""
    return [fact.event for fact in log.facts(case_id)]


def test_a_sealed_value_moved_to_another_field_is_damage(ledger: Ledger, log: Log, case_id: UUID) -> None:
    def moved(values: Any) -> None:
        first = values["members"][0]
        first["name"], first["surname"] = first["surname"], first["name"]

    change(ledger, 2, moved)
    with pytest.raises(Damaged, match=r"members\[0\]\.name"):
        read(log, case_id)


def test_a_sealed_value_moved_to_another_member_is_damage(ledger: Ledger, log: Log, case_id: UUID) -> None:
    def moved(values: Any) -> None:
        one, other = values["members"]
        one["name"], other["name"] = other["name"], one["name"]

    change(ledger, 2, moved)
    with pytest.raises(Damaged):
        read(log, case_id)


def test_a_sealed_value_moved_to_another_event_is_damage(ledger: Ledger, log: Log) -> None:
    case_id = uuid4()
    save(log, case_id, [household(member("A", ONE)), household(member("B", ONE))])
    kept: list[Any] = []
    change(ledger, 1, lambda values: kept.append(values["members"][0]["name"]))
    change(ledger, 2, lambda values: values["members"][0].update(name=kept[0]))
    with pytest.raises(Damaged):
        read(log, case_id)


def test_damage_to_one_case_leaves_the_others_readable(ledger: Ledger, log: Log, case_id: UUID) -> None:
    other = uuid4()
    save(log, other, [referral(domanda_ref="whole")] * 1)
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute(
            "update ledger.events set sealed = replace(sealed::text, '7c', '7d')::bytea where stream_id = %s",
            [case_id],
        )
    with pytest.raises(Damaged):
        read(log, case_id)
    assert values_of(log.facts(other), CaseReferred).domanda_ref == "whole"
