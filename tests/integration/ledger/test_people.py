"""A case is found by codice fiscale, which stands nowhere; who was erased is found no more."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError

from domain.contract import CONTRACTS, leaves, pattern
from domain.ledger import erasing, people
from domain.ledger.store import Log
from domain.refused import Refused
from tests.databases import Ledger
from tests.integration.ledger.acts import LAW, assignment, context, household, member, referral
from tests.integration.ledger.test_sealing import save
from tests.telling import SOCIAL_WORKER
from tests.unit.case.world import correction

pytestmark = pytest.mark.integration

CODE = "XYZXYZ80A01X999X"


def living(log: Log, *members: Any) -> UUID:
    """A case with a household, acted as an operator acts."""
    case_id = uuid4()
    by = replace(SOCIAL_WORKER, person=uuid4())
    log.act(case_id, referral(), context(by=by), law=LAW)
    log.act(case_id, assignment(by.person), context(by=by), law=LAW)
    log.act(case_id, household(*members), context(by=by), law=LAW)
    return case_id


def of(code: str, who: UUID | None = None) -> Any:
    return replace(member("any", who), tax_code=code)


def index(ledger: Ledger) -> list[Any]:
    with psycopg.connect(ledger.owner_url) as owner:
        return owner.execute(
            "select digest, member_id, stream_id from ledger.people order by 2, 3"
        ).fetchall()


def test_a_case_is_found_when_its_act_returns(log: Log, second_log: Log) -> None:
    one, other = of(CODE), of("ABCABC80A01X999X")
    case_id = living(log, one, other)
    assert second_log.with_tax_code(CODE) == [(one.member_id, case_id)]
    assert second_log.with_tax_code(" xyzxyz80a01x999x ") == [(one.member_id, case_id)]
    assert second_log.with_tax_code("XYZXYZ80A01X999Y") == []


def test_every_case_of_a_person_is_found_and_every_person_of_a_code(log: Log) -> None:
    one, twin = of(CODE), of(CODE)
    cases = [living(log, one), living(log, one, of("OTHER")), living(log, twin)]
    found = log.with_tax_code(CODE)
    assert set(found) == {(one.member_id, cases[0]), (one.member_id, cases[1]), (twin.member_id, cases[2])}


def test_the_codice_fiscale_stands_nowhere_not_even_hashed(ledger: Ledger, log: Log) -> None:
    living(log, of(CODE))
    ((digest, _, _),) = index(ledger)
    assert digest not in (
        hashlib.sha256(CODE.encode()).digest(),
        hashlib.sha256(CODE.lower().encode()).digest(),
    )
    with psycopg.connect(ledger.owner_url) as owner:
        for table in ("events", "people", "claims", "commands"):
            rows = owner.execute(f"select t::text from ledger.{table} t".encode()).fetchall()
            assert rows and CODE not in str(rows) and CODE.encode().hex() not in str(rows)


def test_another_key_file_finds_nobody(ledger: Ledger, log: Log) -> None:
    """What is in the database alone is searched in vain."""
    living(log, of(CODE))
    log.keys.destroy(people.INDEX_KEY)  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        log.with_tax_code(CODE)


def test_a_corrected_codice_fiscale_is_found_by_what_it_is_and_by_what_it_was(log: Log) -> None:
    one = of(CODE)
    case_id = living(log, one)
    facts = log.facts(case_id)
    corrects = replace(
        correction(one),
        corrects_event_id=facts[-1].event_id,
        new_value={"members": [_json(replace(one, tax_code="NEWNEW80A01X999X"))]},
    )
    log.act(case_id, corrects, context(by=facts[-1].recorder), law=LAW)
    for code in (CODE, "NEWNEW80A01X999X"):
        assert log.with_tax_code(code) == [(one.member_id, case_id)]


def _json(value: Any) -> Any:
    from domain.contract import encode

    return encode(value)


def test_a_row_whose_act_was_lost_is_seen_through(ledger: Ledger, log: Log) -> None:
    case_id, one = living(log, of("OTHER")), of(CODE)
    people.name(case_id, [household(one)], log.recorder.pool, log.keys)
    assert len(index(ledger)) == 2 and log.with_tax_code(CODE) == []


def test_who_was_erased_is_found_no_more_and_named_no_more(ledger: Ledger, log: Log) -> None:
    one, other = of(CODE), of("OTHER")
    case_id = living(log, one, other)
    erasing.carry_out(one.member_id, log, log.keys)  # type: ignore[arg-type]
    assert [member_id for _, member_id, _ in index(ledger)] == [other.member_id]
    assert log.with_tax_code(CODE) == []
    people.name(case_id, [household(one)], log.recorder.pool, log.keys)
    assert [member_id for _, member_id, _ in index(ledger)] == [other.member_id]


def test_an_act_that_races_an_erasure_leaves_no_row_behind(ledger: Ledger, log: Log, second_log: Log) -> None:
    """Whoever comes first: the row is deleted with the key, or not written."""
    for _ in range(20):
        one, barrier = of(CODE), threading.Barrier(2)
        case_id = living(log, of("OTHER"))
        by = log.facts(case_id)[0].recorder

        def tell(case_id: UUID = case_id, one: Any = one, by: Any = by, barrier: Any = barrier) -> None:
            barrier.wait()
            try:
                log.act(case_id, household(one), context(by=by), law=LAW)
            except (Refused, IntegrityError):
                return

        with ThreadPoolExecutor(1) as thread:
            telling = thread.submit(tell)
            barrier.wait()
            erasing.carry_out(one.member_id, second_log, second_log.keys)  # type: ignore[arg-type]
            telling.result()
        assert one.member_id not in [member_id for _, member_id, _ in index(ledger)]


def test_the_index_is_made_anew_from_the_log(ledger: Ledger, log: Log) -> None:
    case_id = uuid4()
    save(log, case_id, [referral(), household(of(CODE))])  # as before there was an index
    assert index(ledger) == []
    for entry in log.after(0, 100):
        people.name(entry.fact.case_id, [entry.fact.event], log.recorder.pool, log.keys)
    before = index(ledger)
    assert len(before) == 1 and [case for _, case in log.with_tax_code(CODE)] == [case_id]
    for entry in log.after(0, 100):
        people.name(entry.fact.case_id, [entry.fact.event], log.recorder.pool, log.keys)
    assert index(ledger) == before


def test_no_other_fact_of_the_catalogue_brings_a_codice_fiscale() -> None:
    from tests.goldens import example

    carry = {
        contract.type
        for contract in CONTRACTS.values()
        for leaf in leaves(contract.type, _json(example(contract.type, "tax")))
        if pattern(leaf.path).rsplit(".", 1)[-1] == "tax_code"
    }
    assert carry == set(people.CARRY) - {people.e.EventCorrected}
