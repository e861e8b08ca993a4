"""A key per person, per household and per case, in a file, wrapped by a key-encryption key.

Destroying a person's key makes every sealed value and every salt of that person unreadable, for ever.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

SCHEMA = """
create table if not exists keys (
    key_id text primary key, wrapped blob, made_at text default current_timestamp
);
create index if not exists destroyed_keys on keys (key_id) where wrapped is null;
"""


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


class WrongKeyEncryptionKey(Exception):
    """The key file was wrapped by another key-encryption key, or this one is cut short."""


class KeyFile:
    """The keys in one SQLite file, safe for several threads and processes.

    ``key_encryption_key`` is a file of 32 random bytes, kept apart from it; both are made when missing.
    Raises WrongKeyEncryptionKey where they do not belong together.
    """

    def __init__(self, path: Path, key_encryption_key: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._wrapping = _secret_file(key_encryption_key)
        self._lock = threading.Lock()
        self._wanted_lock = threading.Lock()
        self._wanted: set[str] = set()
        self._known: dict[str, Key | None] = {}
        self._seen_change = -1
        self._destroyed: int | None = None
        self._file = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        os.chmod(path, 0o600)
        # SQLite does not wait where two change the journal at once: who comes first does it alone.
        with _alone_in(path.parent):
            for pragma in ("journal_mode = wal", "synchronous = full", "secure_delete = on"):
                self._file.execute(f"pragma {pragma}")
            self._file.executescript(SCHEMA)
        self._try_wrapping()

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        """Those of the keys that exist: one left out was destroyed, or never made."""
        return {key_id: key for key_id, key in self._found(set(key_ids)).items() if key is not None}

    def ensure(self, key_ids: Iterable[str]) -> dict[str, Key]:
        """The keys, making those that do not exist; they are on disk when this returns.

        Raises KeyDestroyed for one that was destroyed: nothing new is sealed for an erased person.
        """
        wanted = set(key_ids)
        found = self._found(wanted)
        while missing := wanted - found.keys():
            self._make(missing)
            found = self._found(wanted)
        held = {key_id: key for key_id, key in found.items() if key is not None}
        if destroyed := sorted(wanted - held.keys()):
            raise KeyDestroyed(", ".join(destroyed))
        return held

    def destroy(self, key_id: str) -> None:
        """Destroy a key; its row stays, empty, so that it is never made again."""
        with self._lock:
            self._file.execute(
                "insert into keys (key_id, wrapped) values (?, null)"
                " on conflict (key_id) do update set wrapped = null",
                [key_id],
            )
            self._known.pop(key_id, None)
            self._destroyed = None
            # The write-ahead log still has the page with the key: copied back and cut to nothing, it is gone.
            (busy, _, _) = self._file.execute("pragma wal_checkpoint(truncate)").fetchone()
            if busy:
                raise sqlite3.OperationalError(
                    "the key is void, its bytes are not overwritten yet: destroy it again"
                )

    def destroyed(self) -> int:
        """How many keys were destroyed so far: who holds values in clear lets them go when it grows."""
        with self._lock:
            self._forget_if_changed()
            if self._destroyed is None:
                (self._destroyed,) = self._file.execute(
                    "select count(*) from keys where wrapped is null"
                ).fetchone()
            return self._destroyed

    def _found(self, key_ids: set[str]) -> dict[str, Key | None]:
        """The keys that were ever made, None for one destroyed."""
        with self._lock:
            self._forget_if_changed()
            for key_id in key_ids:
                if key_id not in self._known:
                    row = self._file.execute("select wrapped from keys where key_id = ?", [key_id]).fetchone()
                    if row:
                        self._known[key_id] = self._unwrap(row[0]) if row[0] else None
            return {key_id: self._known[key_id] for key_id in key_ids if key_id in self._known}

    def _make(self, key_ids: set[str]) -> None:
        with self._wanted_lock:
            self._wanted |= key_ids
        with self._lock:
            # Whoever comes first makes the keys of all who wait: one commit, one wait for the disk.
            with self._wanted_lock:
                wanted, self._wanted = sorted(self._wanted), set()
            if not wanted:
                return
            made = [(key_id, aes_key_wrap(self._wrapping, os.urandom(32))) for key_id in wanted]
            self._file.execute("begin immediate")
            try:
                self._file.executemany("insert or ignore into keys (key_id, wrapped) values (?, ?)", made)
                self._file.execute("commit")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("rollback")
                raise

    def _unwrap(self, wrapped: bytes) -> Key:
        return key_from(aes_key_unwrap(self._wrapping, wrapped))

    def _try_wrapping(self) -> None:
        row = self._file.execute("select wrapped from keys where wrapped is not null limit 1").fetchone()
        try:
            aes_key_unwrap(self._wrapping, row[0]) if row else aes_key_wrap(self._wrapping, bytes(32))
        except (InvalidUnwrap, ValueError):
            self._file.close()
            raise WrongKeyEncryptionKey("the key file does not open with this key-encryption key") from None

    def _forget_if_changed(self) -> None:
        # Another process may have destroyed a key: a cached one must not outlive it.
        (change,) = self._file.execute("pragma data_version").fetchone()
        if change != self._seen_change:
            self._known.clear()
            self._destroyed = None
            self._seen_change = change


def _secret_file(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written under another name first: a second process never reads it half.
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(os.urandom(32))
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, path)
            _sync_folder(path.parent)
        except FileExistsError:
            pass
        finally:
            os.unlink(fresh)
    return path.read_bytes()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, so that others who ask for it wait; the end of a process lets it go."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
