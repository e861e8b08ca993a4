"""A thousand decisions: each comes out again, and each measure has one bundle for a reader and an instant."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

from api.dossiers.forms import as_bundle
from api.noted import note_read
from api.who import MACHINE, Who
from deploy import replay
from deploy.postgres import Postgres
from domain.access.events import CaseFileAccessed
from domain.bundle.verify import verify
from domain.case import events as e
from domain.dossier import Dossier, dossier, integrity, redaction
from domain.fact import Fact
from domain.ledger.access_logs import access_to
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Acknowledgement, Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.dossiers import moments, record_of
from domain.ledger.note import Note, cosign, verifier_key, witness_name
from domain.ledger.recipients import Enrolled
from domain.ledger.replaying import Replaying
from domain.ledger.rule_texts import RuleTexts
from domain.ledger.store import Log
from domain.refused import Refused
from domain.replay import decisions
from domain.rules.rule_set import RuleSet, shipped
from projections.acknowledgement import Said, signed
from tests.databases import Ledger, clone, drop, ledger_on
from tests.integration.api.office import SIGNS_THE_LOG
from tests.integration.api.signing import new_key, public_part
from tests.integration.decided import KINDS, LAW, Teller, lives
from tests.integration.ledger.conftest import close
from tests.servers import PostgresServer
from tests.unit.altered_rules import altered, judged_by_a_clause

pytestmark = [pytest.mark.integration, pytest.mark.torture]

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
MANY = 1_000 if IN_FULL else 40
FIFTY = 50

AMBITO, WITNESS = "058", "cpi"
VKEY = verifier_key(f"ambito/{AMBITO}", SIGNS_THE_LOG)
CPI = new_key()
RECIPIENTS = Enrolled.of((WITNESS, "ust", "asl", "inps", "ats"))
READERS = ("judge", "member", f"signatory:{WITNESS}", "signatory:inps")

Bundles = Mapping[tuple[UUID, str], str]
"""The digest of each bundle, by measure and reader."""


@dataclass(frozen=True)
class Register:
    """A log with decisions of every kind, told, acknowledged, cosigned and, in part, erased."""

    ledger: Ledger
    log: Log
    cases: Sequence[UUID]
    decided: int
    erased: int
    as_of: datetime

    def measures(self) -> Iterator[tuple[UUID, UUID, UUID, datetime]]:
        """Each measure: its case, its id, a member of the household, and the instant that is asked for.

        Now; or of every third measure when it was recorded, before anybody was told.
        """
        number = 0
        for case_id in self.cases:
            member_id = next(iter(self.log.case(case_id).members))
            for fact in self.log.facts(case_id):
                if isinstance(fact.event, e.Ordered):
                    number += 1
                    assert fact.recorded_at is not None
                    at = self.as_of if number % 3 else fact.recorded_at
                    yield case_id, fact.event.measure_id, member_id, at


@pytest.fixture(scope="module")
def register(
    postgres: PostgresServer, ledger_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Register]:
    name = clone(postgres, ledger_template)
    ledger = ledger_on(postgres, name, tmp_path_factory.mktemp("thousand"))
    log = ledger.log()
    try:
        yield filled(ledger, log)
    finally:
        close(log)
        drop(postgres, name)


def filled(ledger: Ledger, log: Log) -> Register:
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("select ledger.enrol(%s, %s)", [WITNESS, orjson.dumps(public_part(CPI)).decode()])
    teller, told = Teller(log), []
    for life, erasable in lives("thousand"):
        told.append(teller.life(life, erasable))
        decided = sum(each.decisions for each in told)
        progress(f"{len(told)} cases, {decided} decisions of {MANY}")
        if decided >= MANY and len(told) >= len(KINDS):
            break
    erased = sum(teller.erase(each) for each in told)
    disclose(log)
    _, as_of = moments(log.recorder.pool)
    return Register(ledger, log, [each.case_id for each in told], decided, erased, as_of)


def disclose(log: Log) -> None:
    """Who may know of it is told; one of them acknowledges half of it, then all, and cosigns each time."""
    disclosed = Disclosed(log.recorder.pool, log.keys)
    discloser = Discloser(log, disclosed, RECIPIENTS)
    while discloser.step():
        pass
    evidence, epoch = Checkpoints(log.recorder.pool), disclosed.epoch()
    while Checkpointer(evidence, AMBITO, SIGNS_THE_LOG, events=1, seconds=0).step():
        pass
    for received in (disclosed.head(WITNESS) // 2, disclosed.head(WITNESS)):
        said = Said(recipient=WITNESS, log_epoch=str(epoch), received=received, applied=received, parked=[])
        jws = signed(said, orjson.dumps(CPI).decode())
        disclosed.acknowledge(Acknowledgement(WITNESS, epoch, received, received, ()), jws)
    latest, at = evidence.latest(), int(datetime.now(UTC).timestamp())
    assert latest is not None
    key = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(CPI["d"] + "=="))
    line = cosign(Note.read(latest.note).text, witness_name(AMBITO, WITNESS), key, at).line
    evidence.cosign(WITNESS, epoch, latest.size, line, at)


def progress(text: str) -> None:
    if IN_FULL:
        print(text, file=sys.stderr, flush=True)


# --- dossiers --------------------------------------------------------------------------------------------


def bundles(register: Register, log: Log, many: int | None = None) -> Bundles:
    """The bundle of every measure for every reader who was told of it; each holds."""
    found: dict[tuple[UUID, str], str] = {}
    for number, (case_id, measure_id, member_id, at) in enumerate(islice(register.measures(), many), 1):
        for reader in READERS:
            asked = f"member:{member_id}" if reader == "member" else reader
            made = dossier_of(log, case_id, measure_id, asked, at)
            if made is None:
                continue
            raw = as_bundle(made, log, log.recorder.pool, AMBITO, SIGNS_THE_LOG)
            report = verify(raw, VKEY)
            assert report.findings == []
            assert {each.differences for each in report.decisions} <= {(), None}
            found[measure_id, reader] = sha256(raw).hexdigest()
        if number % 50 == 0:
            progress(f"{number} measures, {len(found)} bundles")
    return found


def dossier_of(log: Log, case_id: UUID, measure_id: UUID, reader: str, as_of: datetime) -> Dossier | None:
    """None for who was not told of the measure."""
    record = record_of(log, log.recorder.pool, LAW, case_id, measure_id, as_of)
    try:
        return dossier(record, measure_id, as_of, redaction(reader))
    except Refused as refused:
        assert refused.rule == "NOT_RECORDED"
        return None


def read_every_case(register: Register) -> None:
    """Each dossier is noted in the access log: later than the instant that it speaks of."""
    log, who = register.log, Who(agency="ats", role=MACHINE, purpose="ACCESS", subject=uuid4())
    for case_id in register.cases:
        _, now = moments(log.recorder.pool)
        note_read(log, now, who, case_id, [fact.event_id for fact in log.facts(case_id)], register.as_of)
        noted = log.facts(access_to(case_id))[-1]
        assert isinstance(noted.event, CaseFileAccessed) and noted.event.accessor == who.subject
        assert noted.recorded_at is not None and noted.recorded_at > register.as_of
        assert noted.event.accessed_at > noted.event.as_of == register.as_of


def same_after_being_read(register: Register, many: int | None = None) -> Bundles:
    before = bundles(register, register.log, many)
    read_every_case(register)
    assert bundles(register, register.log, many) == before, "a bundle tells of its own read"
    return before


@contextmanager
def restored(register: Register, postgres: PostgresServer, folder: Path) -> Iterator[Log]:
    """The log out of a dump in another database, with a copy of the keys."""
    ledger, binaries, dump = register.ledger, Postgres.find_binaries(), folder / "dump"
    name = f"{ledger.name}_restored"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    for command in (
        [binaries / "pg_dump", "--format=custom", "--file", dump, "--dbname", ledger.owner_url],
        [binaries / "pg_restore", "--exit-on-error", "--dbname", postgres.url(name), dump],
    ):
        subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=600)
    other = ledger_on(postgres, name, folder)
    with (
        closing(sqlite3.connect(ledger.keys_file)) as keys,
        closing(sqlite3.connect(other.keys_file)) as copy,
    ):
        keys.backup(copy)
    shutil.copy(ledger.keys_wrapping, other.keys_wrapping)
    log = other.log()
    try:
        yield log
    finally:
        close(log)
        drop(postgres, name)


def test_a_bundle_follows_from_measure_instant_and_reader_and_a_restored_log_gives_the_same_bytes(
    register: Register, postgres: PostgresServer, tmp_path: Path
) -> None:
    before = same_after_being_read(register)
    readers = Counter(reader for _, reader in before)
    with restored(register, postgres, tmp_path) as other:
        assert bundles(register, other) == before
    progress(f"{dict(readers)} bundles, three times the same, once from a restored log")
    assert len({measure for measure, _ in before}) == readers["judge"] == len(list(register.measures()))
    assert set(readers) == set(READERS)


def test_a_dossier_that_holds_its_own_read_would_be_found(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = integrity._accesses
    late = datetime.max.replace(tzinfo=UTC)
    monkeypatch.setattr(integrity, "_accesses", lambda reader, record, as_of: shown(reader, record, late))
    with pytest.raises(AssertionError, match="its own read"):
        same_after_being_read(register, 2)


def test_a_restored_log_that_lost_a_key_would_be_found(
    register: Register, postgres: PostgresServer, tmp_path: Path
) -> None:
    case_id, _, member_id, _ = next(register.measures())
    with restored(register, postgres, tmp_path) as other:
        assert bundles(register, other, 1) == bundles(register, register.log, 1)
        other.keys.destroy(f"person/{member_id}")  # type: ignore[attr-defined]
        assert bundles(register, other, 1) != bundles(register, register.log, 1), case_id


# --- replays ---------------------------------------------------------------------------------------------


def every_decision(register: Register) -> list[tuple[Sequence[Fact[Any]], Fact[Any]]]:
    told = [register.log.facts(case_id) for case_id in register.cases]
    return [(facts, fact) for facts in told for fact in decisions(facts)]


def test_every_decision_comes_out_again_whatever_was_corrected_annulled_or_erased(
    register: Register,
) -> None:
    replaying = Replaying(register.log, LAW)
    done = replay.run(replaying, replaying.cases(), lambda done: None)
    assert done.differing == [] and done.outcomes.total() == register.decided >= MANY
    assert done.outcomes["reproduced"] and done.outcomes["reproduced, sources erased"]
    told = Counter(type(f.event).__name__ for case in register.cases for f in register.log.facts(case))
    rule_sets = Counter(fact.event.rule_set_id for _, fact in every_decision(register))
    progress(f"{done.outcomes}\n{rule_sets}\n{told}\n{register.erased} erasures")
    assert len(rule_sets) == 6, "all five of sanctions, and that of the obligations"
    assert register.erased and all(
        told[kind] for kind in ("EventCorrected", "ReviewRequested", "MeasureAnnulled", "PersonalDataErased")
    )


class Rewritten(RuleTexts):
    """The texts on record as somebody altered them who can write the database."""

    def __init__(self, texts: RuleTexts, fact: Fact[Any], rng: Random) -> None:
        self._texts, self._fact, self._rng = texts, fact, rng

    def text(self, rule_set_hash: str) -> RuleSet:
        rules = self._texts.text(rule_set_hash) or shipped(rule_set_hash)
        assert rules is not None
        return altered(self._fact, rules, self._rng)


def test_each_of_fifty_altered_rule_sets_is_found(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the hash of the text, and by what the altered clause gives."""
    rng, log, texts = Random(4711), register.log, register.log.rule_texts
    chosen = [each for each in every_decision(register) if judged_by_a_clause(each[1])]
    sanctions = [each for each in chosen if not isinstance(each[1].event, e.ObligationEvaluated)]
    for number in range(FIFTY):
        facts, fact = rng.choice(sanctions if number % 2 else chosen)
        monkeypatch.setattr(log, "rule_texts", Rewritten(texts, fact, rng))
        found = Replaying(log, LAW).again(facts, fact)
        assert found.outcome == "differs"
        by_hash, *others = found.differences
        assert by_hash.what == "rule_set_hash" and others, "an altered clause gives the same"
