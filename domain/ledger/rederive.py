"""What the stored bytes of events say again, from scratch: digests of values, leaf, chain.

Nothing that is computed here is taken from what an append computed: only the bytes of the row are read. It is
the inner loop of ``fsck`` and written for a million events: see docs/performance.md before changing it.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from struct import Struct
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag

from domain.catalogue import stored_as
from domain.contract import SUBJECTS, decode_stored, personal_fields
from domain.ledger.digests import DIGEST, placing
from domain.ledger.keys import Key

HEAD = Struct(">cqq16siI")
SINCE_1970 = 946_684_800_000_000
"""Microseconds from 1970 to 2000, from where PostgreSQL counts."""

LATEST = (1 << 63) - 1
"""The last instant that a leaf has room for."""

START = bytes(32)
"""What the first event of a stream is chained to."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

ENDS = {f"{last}==" for last in LETTERS[::16]} | {f"{a}{last}=" for a in LETTERS for last in LETTERS[::4]}
"""How padded base64 ends if the bits that stand for nothing are not set: else a value has two spellings."""

Row = tuple[int, bytes, bytes, int, bytes, str, bytes, bytes, bytes]
"""Position, instant and stream as PostgreSQL sends them, version, event id, type, state, sealed, chain."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. ``position`` is that of the event, 0 where it is of none."""

    position: int
    rule: str
    says: str


DESTROYED = object()
"""In place of a key that an erasure destroyed."""

Known = Callable[[str], Key | object | None]
"""A key by its id; DESTROYED; None for one that nobody knows."""


class Rederived:
    """Goes through rows in the order of the log, and keeps their leaves and what is wrong with them.

    ``key`` finds keys; ``links`` gives the stored chain of events by stream and version: of those that come
    before the first one of their stream among the rows.
    """

    def __init__(self, key: Known, links: Mapping[tuple[bytes, int], bytes]) -> None:
        self._key, self._links = key, links
        self._last: dict[bytes, tuple[int, bytes]] = {}
        self.leaves: list[bytes] = []
        self.findings: list[Finding] = []

    def run(self, rows: Iterable[Row], after: int) -> None:
        """Take up the rows after a position."""
        instant = -(1 << 63)
        for row in rows:
            after += 1
            if row[0] != after:
                self._find(after, "MISSING", f"event {after} is missing: the next one is {row[0]}")
                after = row[0]
            moment = _micros(row[1])
            if moment < instant:
                self._find(after, "INSTANT", "recorded before the event that precedes it")
            instant = moment
            self._chain(row, moment)
            try:
                self._values(row)
            except _Wrong as wrong:
                self._find(after, wrong.rule, wrong.says)
            except RecursionError:
                self._find(after, "VALUES", "its values lie deeper in each other than any fact has them")

    def _chain(self, row: Row, moment: int) -> None:
        position, _, stream, version, _, type_, state, _, chain = row
        name = type_.encode()
        head = HEAD.pack(b"\0", position, moment, stream, version, len(name))
        leaf = sha256(head + name + len(state).to_bytes(4, "big") + state).digest()
        self.leaves.append(leaf)
        last = self._last.get(stream)
        if last is None:
            link = self._links.get((stream, version - 1), START)
            if link is START and version not in (0, 1):
                self._find(position, "VERSION", f"version {version} of its stream, with none before it")
        else:
            link = last[1]
            if version != last[0] + 1:
                self._find(position, "VERSION", f"version {version} of its stream after {last[0]}")
        if sha256(link + leaf).digest() != chain:
            self._find(position, "CHAIN", "its link in the chain of its stream is another")
        self._last[stream] = version, chain

    def _values(self, row: Row) -> None:
        _, _, stream, version, event_id, type_, state, sealed, _ = row
        try:
            head, values = orjson.loads(state), orjson.loads(sealed)
            canonical = type(values) is dict and orjson.dumps(values) == sealed
            written = a2b_base64(head["digests"], strict_mode=True)
            same = (
                head["version"] == version
                and head["type"] == type_
                and bytes.fromhex(head["event_id"].replace("-", "")) == event_id
                and bytes.fromhex(head["case_id"].replace("-", "")) == stream
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _Wrong("STATE", "its envelope or its values cannot be read") from None
        if not same:
            raise _Wrong("ENVELOPE", "its envelope speaks of another event than its row")
        if not values or not canonical:
            # Two values under one name, of which readers take either; or none, which needs no key to forge.
            raise _Wrong("VALUES", "its values are not written as an append writes them")
        found = _Digests(event_id, head["case_id"], self._key)
        found.of(values)
        digests = found.digests
        if not found.gone:
            if b"".join(sorted(digests)) != written:
                raise _Wrong("DIGESTS", "its values are not those that were digested")
        elif len(written) != DIGEST * (len(digests) + len(found.gone)) or not set(digests) <= _apart(written):
            raise _Wrong("DIGESTS", "its values are not those that were digested")
        if found.gone:
            _fits(type_, values, found.gone)

    def _find(self, position: int, rule: str, says: str) -> None:
        self.findings.append(Finding(position, rule, says))


class _Wrong(Exception):
    def __init__(self, rule: str, says: str) -> None:
        super().__init__(says)
        self.rule, self.says = rule, says


class _Digests:
    """The digests of the stored values of one event; ``gone``: the paths of those whose key was destroyed."""

    def __init__(self, event_id: bytes, case_id: str, key: Known) -> None:
        self._event_id, self._case_id, self._key = event_id, case_id, key
        self.digests: list[bytes] = []
        self.gone: list[str] = []

    def of(self, values: dict[str, Any]) -> None:
        """Take up the values of an event, one by one, as they were when they were sealed."""
        key_id = f"case/{self._case_id}"
        plain = self._key(key_id)
        if not isinstance(plain, Key):
            raise _Wrong("KEY", f"no key {key_id}: the key file is of another day")
        self._salting = plain.salting
        subject = _subject(values, None)
        for name, value in values.items():
            self._walk(name, value, subject)

    def _walk(self, path: str, value: Any, subject: str | None) -> None:
        kind = type(value)
        if kind is dict and len(value) == 1 and "sealed" in value:
            self._sealed(path, value["sealed"], subject)
        elif kind is dict and value and not (len(value) == 1 and "erased" in value):
            subject = _subject(value, subject)
            for name, entry in value.items():
                self._walk(f"{path}.{name}", entry, subject)
        elif kind is list and value and type(value[0]) is dict:
            for index, entry in enumerate(value):
                self._walk(f"{path}[{index}]", entry, subject)
        else:
            where, placed = placing(path)
            salt = blake2b(self._event_id + where, key=self._salting, digest_size=32).digest()
            text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
            self.digests.append(sha256(salt + placed + text).digest())

    def _sealed(self, path: str, box: Any, subject: str | None) -> None:
        key_id, _, rest = box.partition("|") if type(box) is str else ("", "", "")
        if not rest.startswith(f"{path}|"):
            raise _Wrong("SEALED", f"{path}: sealed at another place")
        key = self._key(key_id)
        if key is DESTROYED:
            # Nothing can be opened any more to prove it: then it must be said to be of whom it speaks of.
            if key_id != (f"person/{subject}" if subject else f"household/{self._case_id}"):
                raise _Wrong("SEALED", f"{path}: passes for a value of somebody who was erased")
            self.gone.append(path)
            return
        if not isinstance(key, Key):
            raise _Wrong("KEY", f"{path}: no key {key_id}, nor was it erased: the key file is of another day")
        where, placed = placing(path)
        bound = self._event_id + where
        try:
            together = a2b_base64(rest[len(path) + 1 :], strict_mode=True)
            if rest[-1] == "=" and rest[-3:] not in ENDS:
                raise ValueError("another spelling of the same bytes")
            text = key.cipher.decrypt(together[:12], together[12:], bound)
        except (InvalidTag, ValueError):
            raise _Wrong("SEALED", f"{path}: does not open with its own key") from None
        salt = blake2b(bound, key=key.salting, digest_size=32).digest()
        self.digests.append(sha256(salt + placed + text).digest())


def _subject(data: dict[str, Any], above: str | None) -> str | None:
    for name in SUBJECTS:
        if name in data and type(data[name]) is str:
            return str(data[name])
    return above


def _fits(type_: str, values: dict[str, Any], gone: Iterable[str]) -> None:
    """That of an event with erased values, whose digests prove no more than how many there are, no value was
    put in the place of another: it must still be such a fact, and what is erased of it personal."""
    try:
        personal = personal_fields(stored_as(type_)[0].type)
        decode_stored(type_, values)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise _Wrong("SHAPE", "its values do not make such a fact") from None
    if any(re.split(r"[.\[]", path, maxsplit=1)[0] not in personal for path in gone):
        raise _Wrong("SHAPE", "a value that is not personal passes for erased")


def _apart(written: bytes) -> set[bytes]:
    return {written[n : n + DIGEST] for n in range(0, len(written), DIGEST)}


def _micros(instant: bytes) -> int:
    moment = int.from_bytes(instant, "big", signed=True) + SINCE_1970
    # Only the infinity of PostgreSQL is that far away: it must not overflow the leaf.
    return moment if moment < LATEST else LATEST


def preceding(rows: Iterable[Row]) -> list[tuple[bytes, int]]:
    """The events whose chain must be fetched: those before the first one of each stream."""
    first: dict[bytes, int] = {}
    for row in rows:
        first.setdefault(row[2], row[3])
    return [(stream, version - 1) for stream, version in first.items() if version > 0]


def known(keys: Any) -> Known:
    """The keys of a key file, each asked for once."""
    found: dict[str, Key | object | None] = {}

    def key(key_id: str) -> Key | object | None:
        if key_id not in found:
            held: Key | None = keys.held([key_id]).get(key_id)
            found[key_id] = held or (DESTROYED if keys.states([key_id]).destroyed else None)
        return found[key_id]

    return key
