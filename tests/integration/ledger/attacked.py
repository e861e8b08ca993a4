"""A log with a past of its own, which a superuser edits and which is put back as it was after each edit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.access.events import CaseFileAccessed
from domain.case.events import EventCorrected, PersonalDataErased
from domain.contract import encode
from domain.ledger import erasing
from domain.ledger.access_logs import access_to
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.fsck import Fsck, Report, Trusted
from domain.ledger.keys import KeyFile
from domain.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    Note,
    VerifierKey,
    cosign,
    origin,
    signed_checkpoint,
    verifier_key,
    witness_name,
)
from domain.ledger.recorder import pool
from domain.ledger.store import Log
from domain.ledger.tiles import Tiler
from domain.ledger.tree import leaf_hash
from tests.databases import Ledger
from tests.integration.ledger.acts import DAY, closure, household, member
from tests.integration.ledger.test_order import replace_in_append
from tests.integration.ledger.test_sealing import NOON, events, save

LOG, STRANGER, CPI, UST = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3, 4))
WITNESSES = {"cpi": CPI, "ust": UST}
CASES = 66
ERASED = 7
"""Cases of which one person is erased; of one more everybody."""

TABLES = ("events", "log_head", "tiles", "checkpoints", "tree_head", "log_keys", "cosignatures", "erasures")

# From before to after the last Sunday of October: for an hour the clocks of Rome show the same time twice.
INSTANTS = (
    "'2025-10-25 23:20:00.000001+00'::timestamptz + nextval('ledger.by_sequence') * interval '31.7 seconds'"
)

EVENTS = "select position, recorded_at, stream_id, version, type, state, chain from ledger.events"


def _trusted_witness(recipient: str) -> list[VerifierKey]:
    key = WITNESSES.get(recipient)
    return [verifier_key(witness_name("test", recipient), key, COSIGNATURE)] if key else []


def _trusted_log(epoch: UUID) -> VerifierKey:
    return verifier_key(origin("test", epoch), LOG)


@dataclass
class Attacked:
    """The log, what witnesses kept of it, and who may do anything to it."""

    ledger: Ledger
    on: psycopg.Connection[Any]
    checkpoints: Checkpoints
    size: int = 0
    kept: list[str] = field(default_factory=list)
    erased: list[UUID] = field(default_factory=list)

    # --- its past ----------------------------------------------------------------------------------------

    def live(self) -> None:
        """Cases side by side, with corrections, readers and erasures, signed and cosigned on the way."""
        replace_in_append(self.ledger, {"clock_timestamp()": INSTANTS})
        with closing(self.ledger.log()) as log:
            self._lives(log)
            keys_of(log).close()
            log.recorder.pool.close()
        self.sign(1)
        (self.size,) = self.row("select position from ledger.log_head")
        notes = self.checkpoints.page(None, 1_000)
        self.kept = [self._as_served(each.log_epoch, each.size, each.note) for each in notes[::3]]
        self.on.execute("create schema kept")
        for table in TABLES:
            self.on.execute(f"create table kept.{table} as table ledger.{table}".encode())
        self.on.commit()
        shutil.copy(self.ledger.keys_file, self._copy)

    def _lives(self, log: Log) -> None:
        people = [(uuid4(), uuid4(), uuid4()) for _ in range(CASES)]
        lives = [(case_id, events(one, other)) for case_id, one, other in people]
        for step in range(6):
            for case_id, told in lives:
                save(log, case_id, [told[step]], after=step)
            self.sign(40)
        for n, (case_id, one, other) in enumerate(people):
            target = log.entries(case_id)[1].fact.event_id
            value = encode(household(member("MARK-one-corrected", one), member("MARK-other", other)))
            told = EventCorrected(corrects_event_id=target, reason="wrong name", new_value=value)
            save(log, case_id, [told], after=6)
            save(log, access_to(case_id), [accessed(case_id)])
            if n <= ERASED:
                self._erase(log, case_id, [one] if n else [one, other])
            if n % 20 == 0:
                self.sign(40)

    def _erase(self, log: Log, case_id: UUID, gone: Sequence[UUID]) -> None:
        save(log, case_id, [closure()], after=7)
        for version, who in enumerate(gone, start=8):
            save(log, case_id, [erased(who)], after=version)
            erasing.carry_out(who, log, keys_of(log))
            self.erased.append(who)

    def sign_again(self) -> None:
        """As though nobody had signed yet."""
        for table in ("cosignatures", "checkpoints", "tiles", "log_keys"):
            self.on.execute(f"delete from ledger.{table}".encode())
        self.do("update ledger.tree_head set number = 0, log_epoch = null, size = 0, root = null")
        self.on.commit()
        self.sign(1)

    def sign(self, every: int) -> None:
        if Checkpointer(self.checkpoints, "test", LOG, events=every, seconds=9e9).step():
            made = self.checkpoints.latest()
            assert made is not None
            text = Note.read(made.note).text
            for at, (name, key) in enumerate(WITNESSES.items(), start=1_780_000_000):
                line = cosign(text, witness_name("test", name), key, at).line
                self.checkpoints.cosign(name, made.log_epoch, made.size, line, at)

    def _as_served(self, epoch: UUID, size: int, note: str) -> str:
        said = self.checkpoints.cosignatures(epoch, [size])
        return str(Note.read(note).with_lines([each.line for each in said]))

    # --- what became of it -------------------------------------------------------------------------------

    def fsck(self, kept: Sequence[str] = (), *, after: int = 0, processes: int = 1) -> Report:
        keys = partial(KeyFile, self.ledger.keys_file, self.ledger.keys_wrapping)
        checked = Fsck(self.ledger.app_url, self.checkpoints, keys, Trusted(_trusted_log, _trusted_witness))
        return checked.run(after, kept=kept, processes=processes)

    def put_back(self) -> None:
        """As it was before any edit."""
        self.on.rollback()
        self.on.execute(f"truncate {', '.join(f'ledger.{table}' for table in TABLES)}".encode())
        for table in TABLES:
            self.on.execute(f"insert into ledger.{table} overriding system value table kept.{table}".encode())
        self.on.commit()
        shutil.copy(self._copy, self.ledger.keys_file)

    @property
    def _copy(self) -> Path:
        return self.ledger.keys_file.with_suffix(".kept")

    # --- what an attacker needs to know and to compute ---------------------------------------------------

    def row(self, query: str, *arguments: Any) -> Any:
        """The first row of an answer."""
        row = self.on.execute(query.encode(), arguments or None).fetchone()
        assert row is not None, query
        return row

    def do(self, statement: str, *arguments: Any) -> None:
        assert self.on.execute(statement.encode(), arguments or None).rowcount, statement

    def keys(self) -> KeyFile:
        return self.ledger.keys()

    def relink(self, first: int) -> None:
        """Right links from a position on."""
        links: dict[UUID, bytes] = {}
        for position, at, stream, version, type_, state, chain in self.on.execute(
            f"{EVENTS} order by position".encode()
        ).fetchall():
            link = links.get(stream, bytes(32))
            right = sha256(link + leaf_hash(position, at, stream, version, type_, state)).digest()
            if position >= first and right != chain:
                self.do("update ledger.events set chain = %s where position = %s", right, position)
            links[stream] = right if position >= first else chain

    def sign_anew(self, first: int, key: Ed25519PrivateKey) -> None:
        """Right tiles, heads and checkpoints from a position on, signed by a key, as though all was well."""
        self.on.execute("delete from ledger.tiles")
        tiler, roots = Tiler(), dict[int, bytes]()
        for row in self.on.execute(f"{EVENTS} order by position".encode()).fetchall():
            for tile in tiler.add(leaf_hash(*row[:6])):
                self.do("insert into ledger.tiles values (%s, %s, %s, %s)", *tile_row(tile))
            roots[tiler.size] = tiler.root()
        for number, epoch, size in self.on.execute(
            "select number, log_epoch, size from ledger.checkpoints where size >= %s", [first]
        ).fetchall():
            made = Checkpoint(origin("test", epoch), size, roots[size])
            self.do(
                "update ledger.checkpoints set root = %s, note = %s where number = %s",
                made.root,
                str(signed_checkpoint(made, key)),
                number,
            )
        self.on.execute("delete from ledger.cosignatures where size >= %s", [first])
        self.do(
            "update ledger.tree_head set root = (select root from ledger.checkpoints c"
            " where c.number = tree_head.number)"
        )


def tile_row(tile: Any) -> tuple[int, int, bytes, bytes]:
    return tile.level, tile.index, tile.hashes, tile.root


def keys_of(log: Log) -> KeyFile:
    assert isinstance(log.keys, KeyFile)
    return log.keys


def erased(who: UUID) -> PersonalDataErased:
    return PersonalDataErased(member_id=who, erased_event_ids=(uuid4(),), ground="REQUEST", erased_on=DAY)


def accessed(case_id: UUID) -> CaseFileAccessed:
    return CaseFileAccessed(
        accessor=uuid4(),
        agency="servizio-sociale",
        purpose="TAKING_CHARGE",
        subject_case_id=case_id,
        as_of=NOON,
        events_shown=(uuid4(),),
        accessed_at=NOON,
    )


@contextmanager
def attacked(ledger: Ledger) -> Iterator[Attacked]:
    """A log that has lived, with a superuser at it."""
    with (
        pool(ledger.app_url, size=2) as connections,
        psycopg.connect(ledger.owner_url) as owner,
    ):
        log = Attacked(ledger, owner, Checkpoints(connections))
        log.live()
        # No constraint holds a superuser back, so a foreign key proves nothing.
        owner.execute("set session_replication_role = replica")
        owner.commit()
        yield log
