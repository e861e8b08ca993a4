"""The bundle of a measure out of a real log: what it holds, that it holds, and what must not be one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import psycopg
import pytest
from psycopg import sql

from deploy.postgres import Postgres
from domain.bundle.gather import NoSuchMeasure, NotSignedYet, gather
from domain.bundle.make import Material, Redaction, make
from domain.bundle.verify import verify
from domain.dossier import dossier, redaction
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.dossiers import record_of
from domain.ledger.note import Checkpoint, cosign, verifier_key
from projections.acknowledgement import signed
from tests.databases import drop, ledger_on
from tests.integration.api.life import Life, new_life
from tests.integration.api.life import sign as sign_protocol
from tests.integration.api.office import Register, register_on
from tests.integration.api.signing import new_key, public_part
from tests.integration.api.test_delivery import AT, CPI, LOG, NAME, acknowledgement, enrol, own_key
from tests.integration.ledger.conftest import close
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration

VKEY = verifier_key("ambito/058", LOG)
ANOTHER = orjson.dumps(public_part(new_key())).decode()


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def register(ledger) -> Iterator[Register]:  # type: ignore[no-untyped-def]
    with register_on(ledger) as made:
        yield made


def checkpoint(register: Register) -> Checkpoint:
    evidence = Checkpoints(register.services.all_rows)
    while Checkpointer(evidence, "058", LOG, events=1, seconds=60).step():
        pass
    stored = evidence.latest()
    assert stored is not None
    return Checkpoint(stored.note.split("\n")[0], stored.size, stored.root)


def decurtazione(register: Register) -> Life:
    """Up to the measure: shown to the employment centre, which received all of it and cosigned twice."""
    sign_protocol(register)
    enrol(register)
    life = new_life(register).begin().to_patto()
    life.refer_to_cpi()
    life.to_proposal().to_measure()
    register.disclose()
    for received in (1, register.services.disclosed.head("cpi")):
        acknowledge(register, received)
    return life


def acknowledge(register: Register, received: int) -> None:
    """The employment centre says what it received, and cosigns the log as it is now."""
    seen = checkpoint(register)
    line = cosign(seen.text, NAME, own_key(), AT).line
    told = acknowledgement(
        register, received=received, applied=received, cosigned={"size": seen.size, "line": line}
    )
    answer = register.office("cpi", "machine").post(
        "/acknowledgements", {"signed": signed(told, orjson.dumps(CPI).decode())}
    )
    assert answer.status_code == 201, answer.text


def gathered(register: Register, life: Life, as_of: datetime | None = None) -> Material:
    services = register.services
    return gather(services.log, services.all_rows, "058", life.case_id, life.measure, as_of or now())


def judge(material: Material) -> Redaction:
    return Redaction("judge", dict.fromkeys(row.event_id for row in material.rows))


def bundle(material: Material) -> bytes:
    return make(material, judge(material), {}, LOG)


def test_the_bundle_of_a_measure_holds_without_the_register(register: Register) -> None:
    life = decurtazione(register)
    raw = bundle(gathered(register, life))
    report = verify(raw, VKEY)
    assert report.findings == [] and report.about["type"] == "decurtazione"
    assert {each.differences for each in report.decisions} == {()} and len(report.decisions) >= 3
    assert any("cpi" in line and "controfirmato" in line for line in report.holds)
    assert any("cpi ha firmato di aver ricevuto" in line for line in report.holds)
    read = orjson.loads(raw)
    assert len(read["events"]) == len(register.services.log.facts(life.case_id))
    assert set(read["witnesses"]) == {"cpi"} and len(read["rule_sets"]) == 2


@pytest.mark.parametrize("reader", ["judge", "member", "signatory:cpi"])
def test_the_dossier_of_every_reader_is_a_bundle_that_holds(register: Register, reader: str) -> None:
    """It opens what its points show, and no fact whose recorder the reader may not know."""
    life, services = decurtazione(register), register.services
    for_whom = f"member:{life.member}" if reader == "member" else reader
    as_of = now()
    record = record_of(services.log, services.all_rows, services.law, life.case_id, life.measure, as_of)
    made = dossier(record, life.measure, as_of, redaction(for_whom))
    shown = Redaction(str(made.redaction), made.opens, made.recipients)
    raw = make(gathered(register, life, as_of), shown, made.to_json(), LOG)
    report, read = verify(raw, VKEY), orjson.loads(raw)
    assert report.findings == [] and report.about["redaction"] == for_whom
    assert read["dossier"]["points"]
    if reader == "judge":
        decided = {each.type.split(".")[2]: each.differences for each in report.decisions}
        assert decided["decurtazione_ordered"] == () == decided["sanction_proposal_opened"]


def test_it_is_the_same_bytes_whatever_happens_afterwards(register: Register) -> None:
    life = decurtazione(register)
    as_of = now()
    before = bundle(gathered(register, life, as_of))
    new_life(register).begin().to_patto()
    register.disclose()
    acknowledge(register, register.services.disclosed.head("cpi"))
    assert bundle(gathered(register, life, as_of)) == before


@pytest.mark.parametrize(
    ("change", "keys"),
    [(f"select ledger.enrol('cpi', '{ANOTHER}')", 2), ("select ledger.withdraw('cpi')", 1)],
    ids=["another key", "withdrawn"],
)
def test_a_recipient_that_is_given_another_key_or_withdrawn_changes_no_bundle_of_before(
    register: Register, change: str, keys: int
) -> None:
    life = decurtazione(register)
    as_of = now()
    before = bundle(gathered(register, life, as_of))
    with psycopg.connect(register.database.owner_url) as owner:
        owner.execute(change.encode())
    assert bundle(gathered(register, life, as_of)) == before
    since = bundle(gathered(register, life))
    assert verify(since, VKEY).findings == []
    assert [len(orjson.loads(raw)["witnesses"]["cpi"]) for raw in (before, since)] == [1, keys]


def test_a_log_restored_from_a_dump_gives_the_same_bytes(
    register: Register, postgres: PostgresServer
) -> None:
    life = decurtazione(register)
    as_of = now()
    before = bundle(gathered(register, life, as_of))
    folder, name = register.database.keys_file.parent, f"{register.database.name}_restored"
    binaries, dump = Postgres.find_binaries(), folder / "dump"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    for command in (
        [binaries / "pg_dump", "--format=custom", "--file", dump, "--dbname", register.database.owner_url],
        [binaries / "pg_restore", "--exit-on-error", "--dbname", postgres.url(name), dump],
    ):
        subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=60)
    restored = ledger_on(postgres, name, folder).log()
    try:
        pool = restored.recorder.pool
        material = gather(restored, pool, "058", life.case_id, life.measure, as_of)
        assert bundle(material) == before
    finally:
        close(restored)
        drop(postgres, name)


def test_as_known_earlier_it_holds_less_and_what_came_by_then(register: Register) -> None:
    life = decurtazione(register)
    whole = gathered(register, life)
    measure = next(row for row in whole.rows if "decurtazione" in row.type)
    earlier = gathered(register, life, measure.recorded_at)
    assert earlier.rows[-1].event_id == measure.event_id
    assert earlier.received == () and earlier.told == ()
    assert verify(bundle(earlier), VKEY).findings == []
    with pytest.raises(NoSuchMeasure):
        gathered(register, life, measure.recorded_at - timedelta(microseconds=1))


def test_of_a_measure_that_is_not_there_nothing_is_made(register: Register) -> None:
    life = decurtazione(register)
    for other in (replace(life, measure=uuid4()), replace(life, case_id=uuid4())):
        with pytest.raises(NoSuchMeasure):
            gathered(register, other)


def test_facts_that_are_not_signed_yet_give_no_bundle(register: Register) -> None:
    sign_protocol(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    with pytest.raises(NotSignedYet):
        gathered(register, life)
    checkpoint(register)
    assert verify(bundle(gathered(register, life)), VKEY).findings == []


def test_of_an_erased_person_it_still_holds(register: Register) -> None:
    life = decurtazione(register)
    before = orjson.loads(bundle(gathered(register, life)))
    keys = register.services.log.keys
    keys.destroy(f"person/{life.member}")  # type: ignore[attr-defined]
    raw = bundle(gathered(register, life))
    report = verify(raw, VKEY)
    assert report.findings == [] and {each.differences for each in report.decisions} == {()}
    assert any("cancellati" in line for line in report.unprovable)
    assert orjson.loads(raw)["chain"] == before["chain"]
    assert "Simone" not in raw.decode()
