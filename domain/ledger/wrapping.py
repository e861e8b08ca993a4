"""What wraps the keys of persons and cases: key-encryption keys, held behind one port.

Wrapping is AES key wrap (RFC 3394) in every adapter, and the id of a key-encryption key follows from what it
does: so a key that moves from a file into a module keeps its id, and what it wrapped still opens.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

SIZE = 32
"""Bytes of a key-encryption key and of every key it wraps: AES-256."""


class WrongKeyEncryptionKey(Exception):
    """The key-encryption key is missing, cut short or another one, or its module does not answer.

    The text names the way out; it goes to the operator as it is.
    """


class Wrapping(Protocol):
    """Where key-encryption keys live. Several at a time, so that one can follow another while all is read.

    Every method raises WrongKeyEncryptionKey. Not thread-safe: the key file asks one at a time.
    """

    def ids(self) -> Sequence[str]:
        """The key-encryption keys that are there now, the newest last where the order is known."""

    def make(self) -> str:
        """Make another one; its id. It is kept for good when this returns."""

    def wrap(self, by: str, secret: bytes) -> bytes:
        """A key, wrapped by the key-encryption key of this id."""

    def unwrap(self, by: str, wrapped: bytes) -> bytes:
        """The key that :meth:`wrap` wrapped."""

    def forget(self, by: str) -> None:
        """Destroy a key-encryption key: what only it wrapped opens never again."""


def id_of(wrap: Callable[[bytes], bytes]) -> str:
    """The id of a key-encryption key, from its wrapping of zeros: it tells nothing of the key."""
    return hashlib.sha256(b"ambito key-encryption key" + wrap(bytes(SIZE))).hexdigest()[:16]


class WrappingFile:
    """Key-encryption keys in a file: 32 random bytes each, the newest last. For development.

    The file is made by :meth:`make`, and always replaced whole: who reads it never finds it half.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, bytes] = {}

    def ids(self) -> Sequence[str]:
        self._read()
        return list(self._held)

    def make(self) -> str:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            self._read()
            self._write([*self._held.values(), os.urandom(SIZE)])
        return self.ids()[-1]

    def wrap(self, by: str, secret: bytes) -> bytes:
        return aes_key_wrap(self._key(by), secret)

    def unwrap(self, by: str, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._key(by), wrapped)
        except (InvalidUnwrap, ValueError):
            raise WrongKeyEncryptionKey(
                f"a key does not open with the key-encryption key {by} that wrapped it: the key file was"
                " changed; restore it from its backup"
            ) from None

    def forget(self, by: str) -> None:
        with self._alone():
            self._read()
            self._write([key for held, key in self._held.items() if held != by])
        self._read()

    def _key(self, by: str) -> bytes:
        if by not in self._held:
            self._read()  # another process may have made it
        if by not in self._held:
            raise other_one(by, self._held, f"set AMBITO_KEY_ENCRYPTION_KEY to the file of {by}")
        return self._held[by]

    def _read(self) -> None:
        try:
            found = self._path.read_bytes()
        except FileNotFoundError:
            found = b""
        except OSError as error:
            raise WrongKeyEncryptionKey(
                f"the key-encryption key {self._path} cannot be read ({error.strerror}): it must belong to"
                " the user that runs this"
            ) from None
        if len(found) % SIZE:
            raise WrongKeyEncryptionKey(
                f"the key-encryption key {self._path} is cut short: {len(found)} bytes, not a multiple of"
                f" {SIZE}; restore it from its own backup"
            )
        keys = [found[at : at + SIZE] for at in range(0, len(found), SIZE)]
        self._held = {id_of(lambda secret, key=key: aes_key_wrap(key, secret)): key for key in keys}  # type: ignore[misc]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file against others who change it; one replaced while we waited is held anew."""
        while True:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if os.fstat(handle).st_ino == os.stat(self._path).st_ino:
                    yield
                    return
            finally:
                os.close(handle)

    def _write(self, keys: Sequence[bytes]) -> None:
        handle, fresh = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(b"".join(keys))
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._path)
        except BaseException:
            os.unlink(fresh)
            raise
        _sync_folder(self._path.parent)


def other_one(by: str, held: Sequence[str] | dict[str, bytes], way_out: str) -> WrongKeyEncryptionKey:
    """The error of a key file that was wrapped by a key-encryption key which is not here."""
    here = f"here is {', '.join(held)}" if held else "here is none"
    return WrongKeyEncryptionKey(
        f"the key file was wrapped by the key-encryption key {by}, and {here}: {way_out}, or restore the key"
        " file that belongs to the one here; without it no personal value can be opened"
    )


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
