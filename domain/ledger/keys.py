"""A key per person, per household and per case, in a file, wrapped by a key-encryption key.

Destroying a person's key makes every sealed value and every salt of that person unreadable, for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

SCHEMA = """
create table if not exists keys (
    key_id text primary key, wrapped blob, made_at text default current_timestamp
);
"""


@dataclass(frozen=True, slots=True)
class Key:
    """The two uses of one key: sealing values, and salting their digests."""

    cipher: AESGCM
    salting: bytes

    def salt(self, message: bytes) -> bytes:
        """The salt of one field: given with its value it opens one digest and tells nothing of the others."""
        return hmac.digest(self.salting, message, "sha256")


def key_from(secret: bytes) -> Key:
    return Key(
        cipher=AESGCM(hmac.digest(secret, b"ambito seal", hashlib.sha256)),
        salting=hmac.digest(secret, b"ambito salt", hashlib.sha256),
    )


class KeyFile:
    """The keys in one SQLite file, safe for several processes.

    ``key_encryption_key`` is a file of 32 random bytes, kept apart from it; both are made when missing.
    """

    def __init__(self, path: Path, key_encryption_key: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._wrapping = _secret_file(key_encryption_key)
        self._lock = threading.Lock()
        self._known: dict[str, Key | None] = {}
        self._seen_change = -1
        self._file = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        os.chmod(path, 0o600)
        for pragma in ("journal_mode = wal", "synchronous = full", "secure_delete = on"):
            self._file.execute(f"pragma {pragma}")
        self._file.executescript(SCHEMA)

    def close(self) -> None:
        self._file.close()

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        """Those of the keys that exist: one left out was destroyed, or never made."""
        with self._lock:
            self._forget_if_changed()
            found = {key_id: self._find(key_id) for key_id in key_ids}
        return {key_id: key for key_id, key in found.items() if key is not None}

    def ensure(self, key_ids: Iterable[str]) -> dict[str, Key]:
        """The keys, making those that do not exist; they are on disk when this returns.

        Raises KeyError for one that was destroyed: nothing new is sealed for an erased person.
        """
        wanted = set(key_ids)
        held = self.held(wanted)
        if missing := sorted(wanted - held.keys()):
            self._make(missing)
            held = self.held(wanted)
        if destroyed := sorted(wanted - held.keys()):
            raise KeyError(f"destroyed: {', '.join(destroyed)}")
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

    def _find(self, key_id: str) -> Key | None:
        if key_id not in self._known:
            row = self._file.execute("select wrapped from keys where key_id = ?", [key_id]).fetchone()
            self._known[key_id] = self._unwrap(row[0]) if row and row[0] else None
        return self._known[key_id]

    def _make(self, key_ids: list[str]) -> None:
        made = [(key_id, aes_key_wrap(self._wrapping, os.urandom(32))) for key_id in key_ids]
        with self._lock:
            self._file.execute("begin immediate")
            self._file.executemany("insert or ignore into keys (key_id, wrapped) values (?, ?)", made)
            self._file.execute("commit")
            for key_id in key_ids:
                self._known.pop(key_id, None)

    def _unwrap(self, wrapped: bytes) -> Key:
        return key_from(aes_key_unwrap(self._wrapping, wrapped))

    def _forget_if_changed(self) -> None:
        # Another process may have destroyed a key: a cached one must not outlive it.
        (change,) = self._file.execute("pragma data_version").fetchone()
        if change != self._seen_change:
            self._known.clear()
            self._seen_change = change


def _secret_file(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        secret = os.urandom(32)
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
