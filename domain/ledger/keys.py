"""A key per person, per household and per case, in a file, wrapped by a key-encryption key.

Destroying a person's key makes every sealed value and every salt of that person unreadable, for ever.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.ledger.announced import Announced
from domain.ledger.wrapping import SIZE, Wrapping, WrappingFile, WrongKeyEncryptionKey

# destroyed is numbered, so that who keeps keys in memory asks only for what was destroyed since.
SCHEMA = """
create table if not exists keys (
    key_id text primary key, wrapped blob, made_at text default current_timestamp, wrapped_by text
);
create table if not exists destroyed (
    number integer primary key, key_id text not null unique, at text default current_timestamp
);
create table if not exists wrapping (
    only_one integer primary key default 1 check (only_one = 1), wrapped_by text not null
);
"""

BATCH = 100
"""Keys wrapped anew in one transaction: who makes keys waits for one, at about 0.4 ms a key with an HSM."""

__all__ = ["Key", "KeyDestroyed", "KeyFile", "States", "WrongKeyEncryptionKey", "key_from"]


@dataclass(frozen=True, slots=True)
class Key:
    """The two uses of one key: sealing values, and salting their digests."""

    cipher: AESGCM
    salting: bytes

    def salt(self, message: bytes) -> bytes:
        """The salt of one field: given with its value it opens one digest and tells nothing of the others."""
        return hashlib.blake2b(message, key=self.salting, digest_size=32).digest()


def key_from(secret: bytes) -> Key:
    return Key(
        cipher=AESGCM(hmac.digest(secret, b"ambito seal", hashlib.sha256)),
        salting=hmac.digest(secret, b"ambito salt", hashlib.sha256),
    )


class KeyDestroyed(KeyError):
    """Nothing new is sealed for an erased person."""


@dataclass(frozen=True, slots=True)
class States:
    """What became of keys: there, destroyed by an erasure, or never heard of (a key file of another day)."""

    present: frozenset[str]
    destroyed: frozenset[str]
    unknown: frozenset[str]


class KeyFile:
    """The keys in one SQLite file, safe for several threads and processes.

    ``wrapping`` holds the key-encryption keys, or is the path of a file with them, kept apart from this one;
    file and key-encryption key are made where both are new. Raises WrongKeyEncryptionKey where they do not
    belong together, and from every method where the module that holds them goes away.
    """

    def __init__(self, path: Path, wrapping: Wrapping | Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._wrapping = WrappingFile(wrapping) if isinstance(wrapping, Path) else wrapping
        self._lock = threading.Lock()
        self._wanted_lock = threading.Lock()
        self._wanted: set[str] = set()
        self._known: dict[str, Key | None] = {}
        self._seen_destroyed = 0
        self._file = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        os.chmod(path, 0o600)
        try:
            # SQLite does not wait where two change the journal at once: who comes first does it alone.
            with _alone_in(path.parent):
                for pragma in ("journal_mode = wal", "synchronous = full", "secure_delete = on"):
                    self._file.execute(f"pragma {pragma}")
                self._file.executescript(SCHEMA)
                self._upgrade()
                self._announced = Announced(path.with_name(f"{path.name}-destroyed"))
                with self._writing():
                    self._announce()
                self._settle_wrapping()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._file.close()
            self._announced.close()

    # --- keys ----------------------------------------------------------------------------------------

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        """Those of the keys that exist: one left out was destroyed, or never made."""
        return {key_id: key for key_id, key in self._found(set(key_ids)).items() if key is not None}

    def ensure(self, key_ids: Iterable[str]) -> dict[str, Key]:
        """The keys, making those that do not exist; they are on disk when this returns.

        Raises KeyDestroyed for one that was destroyed: nothing new is sealed for an erased person.
        """
        wanted = set(key_ids)
        while len(found := self._found(wanted)) < len(wanted):
            self._make(wanted - found.keys())
        held = {key_id: key for key_id, key in found.items() if key is not None}
        if destroyed := sorted(wanted - held.keys()):
            raise KeyDestroyed(", ".join(destroyed))
        return held

    def destroy(self, key_id: str) -> None:
        """Destroy a key; its row stays, empty, so that it is never made again."""
        with self._lock:
            with self._writing():
                self._file.execute(
                    "insert into keys (key_id, wrapped) values (?, null)"
                    " on conflict (key_id) do update set wrapped = null, wrapped_by = null",
                    [key_id],
                )
                self._file.execute("insert or ignore into destroyed (key_id) values (?)", [key_id])
                self._announce()
            self._note_destroyed()
            if not self._overwritten():
                raise sqlite3.OperationalError(
                    "the key is void, its bytes are not overwritten yet: destroy it again"
                )

    def overwrite(self) -> bool:
        """Overwrite what a destruction that was broken off left; False where others read meanwhile."""
        with self._lock:
            return self._overwritten()

    def states(self, key_ids: Iterable[str]) -> States:
        """What became of each of these keys."""
        present: set[str] = set()
        destroyed: set[str] = set()
        wanted = sorted(set(key_ids))
        for at in range(0, len(wanted), 500):
            some = wanted[at : at + 500]
            marks = ", ".join("?" * len(some))
            with self._lock:
                rows = self._file.execute(
                    f"select key_id, wrapped is null from keys where key_id in ({marks})",
                    some,
                ).fetchall()
            for key_id, gone in rows:
                (destroyed if gone else present).add(key_id)
        return States(frozenset(present), frozenset(destroyed), frozenset(wanted) - present - destroyed)

    def destroyed(self) -> frozenset[str]:
        """All that were destroyed, or hold nothing."""
        with self._lock:
            rows = self._file.execute(
                "select key_id from destroyed union select key_id from keys where wrapped is null"
            ).fetchall()
        return frozenset(key_id for (key_id,) in rows)

    def erasures(self) -> int:
        """How many keys were destroyed so far: what was kept in clear before a change of it is stale."""
        if self._announced.number != self._seen_destroyed:
            with self._lock:
                self._note_destroyed()
        return self._seen_destroyed

    def _found(self, key_ids: set[str]) -> dict[str, Key | None]:
        """The keys that were ever made, None for one destroyed."""
        if self._announced.number == self._seen_destroyed:
            with suppress(KeyError):  # one that we do not know, or that is dropped at this moment
                return {key_id: self._known[key_id] for key_id in key_ids}
        with self._lock:
            self._note_destroyed()
            for key_id in key_ids:
                if key_id not in self._known:
                    self._read(key_id)
            return {key_id: self._known[key_id] for key_id in key_ids if key_id in self._known}

    def _read(self, key_id: str) -> None:
        row = self._row(key_id)
        if row is None:
            return
        wrapped, by = row
        if wrapped is None:
            self._known[key_id] = None
            return
        try:
            secret = self._unwrap(wrapped, by)
        except WrongKeyEncryptionKey:
            # Wrapped anew since we read it, and the earlier key-encryption key is gone already?
            if self._row(key_id) == row:
                raise
            self._read(key_id)
            return
        self._known[key_id] = key_from(secret)

    def _row(self, key_id: str) -> tuple[bytes | None, str | None] | None:
        found: tuple[bytes | None, str | None] | None = self._file.execute(
            "select wrapped, wrapped_by from keys where key_id = ?", [key_id]
        ).fetchone()
        return found

    def _make(self, key_ids: set[str]) -> None:
        with self._wanted_lock:
            self._wanted |= key_ids
        with self._lock:
            # Whoever comes first makes the keys of all who wait: one commit, one wait for the disk.
            with self._wanted_lock:
                wanted, self._wanted = sorted(self._wanted), set()
            if not wanted:
                return
            with self._writing():
                by = self._wrapped_by()
                made = [(key_id, self._wrapping.wrap(by, os.urandom(SIZE)), by) for key_id in wanted]
                self._file.executemany(
                    "insert or ignore into keys (key_id, wrapped, wrapped_by) values (?, ?, ?)", made
                )

    def _note_destroyed(self) -> None:
        """Drop what anybody destroyed, in another process perhaps: a key that is kept must not outlive it."""
        if self._announced.number == self._seen_destroyed:
            return
        for number, key_id in self._file.execute(
            "select number, key_id from destroyed where number > ? order by number", [self._seen_destroyed]
        ):
            self._known.pop(key_id, None)
            self._seen_destroyed = number

    def _announce(self) -> None:
        """Tell all processes how far the list of what was destroyed goes once this transaction is done."""
        (number,) = self._file.execute("select coalesce(max(number), 0) from destroyed").fetchone()
        self._announced.announce(number)

    # --- the key-encryption key ------------------------------------------------------------------------

    def rotate(self, told: Callable[[int, int], None] = lambda done, of: None) -> str:
        """Wrap every key anew under a fresh key-encryption key; its id. Others read and make keys meanwhile.

        What an interrupted call left is finished, and nothing more. ``told`` gets how many are done, of how
        many. The earlier key-encryption key stays, for the backups that it opens: see :meth:`retire`.
        """
        with self._lock:
            if not self._waiting():
                by = self._wrapping.make()
                with self._writing():
                    self._file.execute("update wrapping set wrapped_by = ?", [by])
            of = self._waiting()
        done = 0
        while True:
            with self._lock:
                moved = self._rewrap()
            done += moved
            told(done, max(of, done))
            if not moved:
                break
        with self._lock:
            self._overwritten()
            return self._wrapped_by()

    def retire(self) -> list[str]:
        """Destroy the key-encryption keys that wrap nothing any more; their ids.

        Copies of this file made before the last rotation open never again: first let them expire.
        """
        gone = []
        with self._lock:
            for by in self._wrapping.ids():
                # With the file held for writing nobody starts to use one meanwhile.
                with self._writing():
                    if by == self._wrapped_by() or self._wraps(by):
                        continue
                    self._wrapping.forget(by)
                gone.append(by)
        return gone

    def _rewrap(self) -> int:
        with self._writing():
            by = self._wrapped_by()
            rows = self._file.execute(
                "select key_id, wrapped, wrapped_by from keys"
                " where wrapped is not null and wrapped_by is not ? limit ?",
                [by, BATCH],
            ).fetchall()
            self._file.executemany(
                "update keys set wrapped = ?, wrapped_by = ? where key_id = ?",
                [(self._wrapping.wrap(by, self._unwrap(was, old)), by, key_id) for key_id, was, old in rows],
            )
        return len(rows)

    def _waiting(self) -> int:
        """How many keys are wrapped by another key-encryption key than the present one."""
        (count,) = self._file.execute(
            "select count(*) from keys where wrapped is not null and wrapped_by is not"
            " (select wrapped_by from wrapping)"
        ).fetchone()
        return int(count)

    def _wraps(self, by: str) -> bool:
        return (
            self._file.execute("select 1 from keys where wrapped_by = ? limit 1", [by]).fetchone() is not None
        )

    def _wrapped_by(self) -> str:
        (by,) = self._file.execute("select wrapped_by from wrapping").fetchone()
        return str(by)

    def _unwrap(self, wrapped: bytes, by: str | None) -> bytes:
        if by is not None:
            return self._wrapping.unwrap(by, wrapped)
        # Made by a version that did not say which: there was one.
        ids = self._wrapping.ids()
        for each in ids:
            try:
                return self._wrapping.unwrap(each, wrapped)
            except WrongKeyEncryptionKey:
                continue
        raise WrongKeyEncryptionKey(
            "the key file does not open with this key-encryption key"
            f" ({', '.join(ids) or 'there is none'}): set AMBITO_KEY_ENCRYPTION_KEY to the file that belongs"
            " to it, or restore that from its backup; without it no personal value can be opened"
        )

    def _settle_wrapping(self) -> None:
        """Try the key-encryption key on one key; make it, or note it, where the file has no key yet."""
        row = self._file.execute(
            "select wrapped, wrapped_by from keys where wrapped is not null limit 1"
        ).fetchone()
        if row:
            self._unwrap(*row)
        noted = self._file.execute("select wrapped_by from wrapping").fetchone()
        if noted is None:
            ids = self._wrapping.ids()
            if row:
                by = next(each for each in ids if self._opens(each, row[0]))
            else:
                by = ids[-1] if ids else self._wrapping.make()
            with self._writing():
                self._file.execute("insert into wrapping (wrapped_by) values (?)", [by])
        elif not row and noted[0] not in self._wrapping.ids():
            raise WrongKeyEncryptionKey(
                f"the key file waits for the key-encryption key {noted[0]}: restore it from its own backup"
            )

    def _opens(self, by: str, wrapped: bytes) -> bool:
        try:
            self._wrapping.unwrap(by, wrapped)
        except WrongKeyEncryptionKey:
            return False
        return True

    # --- the file --------------------------------------------------------------------------------------

    def _upgrade(self) -> None:
        """A file of version 0.1 does not say what wrapped a key, nor lists what was destroyed."""
        columns = [name for _, name, *_ in self._file.execute("pragma table_info(keys)")]
        if "wrapped_by" not in columns:
            self._file.execute("alter table keys add column wrapped_by text")
            self._file.execute(
                "insert or ignore into destroyed (key_id) select key_id from keys where wrapped is null"
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._file.execute("begin immediate")
        try:
            yield
            self._file.execute("commit")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("rollback")
            raise

    def _overwritten(self) -> bool:
        """Whether nothing of earlier pages is left: the write-ahead log, copied back, is cut to nothing."""
        (busy, _, _) = self._file.execute("pragma wal_checkpoint(truncate)").fetchone()
        return not busy


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, so that others who ask for it wait; the end of a process lets it go."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
