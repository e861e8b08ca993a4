"""How the values of an event lie in the log: digested one by one (:mod:`domain.ledger.digests`), the personal
ones sealed. Destroying a key destroys salts and values, and leaves the digests.
"""

from __future__ import annotations

import os
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b, sha256
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.contract import BadValue, Json, Leaf, leaves, pattern
from domain.ledger.digests import DIGEST, canonical, placing
from domain.ledger.keys import Key

NONCE = 12
"""Bytes of the nonce that stands before what AES-GCM seals; fresh for each value."""


class Keys(Protocol):
    """Where keys come from."""

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]: ...
    def ensure(self, key_ids: Iterable[str]) -> dict[str, Key]: ...
    def erasures(self) -> int: ...


class Damaged(Exception):
    """A sealed value does not open with its own key, or not here: the stored bytes were changed or moved."""


def key_of(leaf: Leaf, stream_id: UUID | str) -> str:
    """The key that salts (and, if personal, seals) a value."""
    if not leaf.personal:
        return f"case/{stream_id}"
    if leaf.subject and "|" in leaf.subject:
        raise BadValue(leaf.path, "speaks of a person whose id is none")
    return f"person/{leaf.subject}" if leaf.subject else f"household/{stream_id}"


def seal(
    event_type: type, data: dict[str, Json], event_id: UUID, stream_id: UUID, keys: Keys
) -> tuple[bytes, list[bytes]]:
    """The values as they are stored, and the sorted digests of all of them.

    Raises BadValue for what could not be opened again as it was: a value that looks like a sealed one
    (it came from outside, the log knows only clear ones), or two values at one path.
    """
    stream = str(stream_id)
    found, of_case = leaves(event_type, data), f"case/{stream}"
    key_ids = [key_of(leaf, stream) if leaf.personal else of_case for leaf in found]
    held = keys.ensure(set(key_ids))
    start, digests, replaced, paths = event_id.bytes, list[bytes](), dict[str, Json](), set[str]()
    nonces = os.urandom(NONCE * len(found))
    for leaf, key_id in zip(found, key_ids, strict=True):
        path, value, personal, _ = leaf
        key, (where, placed) = held[key_id], placing(path)
        bound, text = start + where, orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        if SEALED in text:
            _no_box(leaf)
        salt = blake2b(bound, key=key.salting, digest_size=DIGEST).digest()
        digests.append(sha256(salt + placed + text).digest())
        paths.add(path)
        if personal:
            nonce, nonces = nonces[:NONCE], nonces[NONCE:]
            replaced[path] = {"sealed": _box(key_id, path, key.cipher, text, bound, nonce)}
    if len(paths) < len(found):
        raise BadValue("", "has two values at one path")
    return orjson.dumps(_with(data, replaced, "") if replaced else data), sorted(digests)


SEALED = b'{"sealed":'
"""How a sealed value begins in what :func:`seal` writes: without it there is nothing to open."""


def _no_box(leaf: Leaf) -> None:
    for _, _, path, _ in boxes({leaf.path: leaf.value}):
        raise BadValue(path, "must be a value, not a sealed one")


def boxed(found: Iterable[Leaf], event_id: UUID, stream_id: UUID, keys: Keys) -> dict[str, Json]:
    """Values by path as they may be kept for ever: the personal ones sealed, none of an erased person."""
    keyed = [(leaf, key_of(leaf, stream_id)) for leaf in found]
    held = keys.held({key_id for _, key_id in keyed})
    kept: dict[str, Json] = {}
    for leaf, key_id in keyed:
        if not leaf.personal:
            kept[leaf.path] = leaf.value
        elif key_id in held:
            kept[leaf.path] = {"sealed": _boxed(leaf, key_id, held[key_id], event_id)}
        else:
            kept[leaf.path] = {"erased": True}
    return kept


class Opening(NamedTuple):
    """What opens one digest: where the value stands, its salt, and itself."""

    path: str
    salt: bytes
    value: Json


def openings(
    event_type: type, values: dict[str, Json], event_id: UUID, stream_id: UUID, keys: Keys
) -> tuple[list[Opening], list[str]]:
    """All that can be opened of an event's stored values, and the paths of those whose key was destroyed.

    Raises Damaged for a value that does not open with its own key.
    """
    placed = [(leaf.path, *_key_and_box(leaf, event_id, stream_id)) for leaf in leaves(event_type, values)]
    held = keys.held({key_id for _, key_id, _, _ in placed})
    found, gone = list[Opening](), list[str]()
    for path, key_id, value, box in placed:
        if (key := held.get(key_id)) is None:
            gone.append(path)
            continue
        bound = _bound(event_id, path)
        salt = key.salt(bound)
        found.append(Opening(path, salt, value if box is None else _unsealed(key, box, bound, event_id)))
    return found, gone


def _key_and_box(leaf: Leaf, event_id: UUID, stream_id: UUID) -> tuple[str, Json, str | None]:
    """The key of a stored value, and the value where it lies in clear, or its sealed bytes."""
    if type(leaf.value) is dict and leaf.value.keys() == {"sealed"}:
        key_id, sealed_at, text = _parts(leaf.value["sealed"], event_id, leaf.path)
        if sealed_at != leaf.path:
            raise Damaged(f"event {event_id}, {leaf.path}: sealed at {sealed_at}")
        return key_id, None, text
    return f"case/{stream_id}", leaf.value, None


def _unsealed(key: Key, text: str, bound: bytes, event_id: UUID) -> Json:
    try:
        raw = a2b_base64(text, strict_mode=True)
        return orjson.loads(key.cipher.decrypt(raw[:NONCE], raw[NONCE:], bound))
    except (InvalidTag, ValueError):
        raise Damaged(f"event {event_id}, {bound[16:].decode()}") from None


Found = tuple[Any, Any, str, Json]
"""A sealed value: the object or list that holds it, under which name or index, its path, its box."""


def open_all(
    events: Sequence[tuple[UUID, dict[str, Json]]], keys: Keys, *, whole: bool = False
) -> frozenset[UUID]:
    """Put stored values in clear where they lie; those whose key was destroyed become ``{"erased": true}``.

    In a ``whole`` event every value stands where it was sealed; in what is shown of one, list entries may
    have moved up. The events with an erased value. Raises Damaged for a value anywhere else.
    """
    found = [(event_id, *box) for event_id, values in events for box in boxes(values)]
    sealed = []
    for event_id, holder, name, path, box in found:
        key_id, sealed_at, text = _parts(box, event_id, path)
        if path != sealed_at and (whole or pattern(path) != pattern(sealed_at)):
            raise Damaged(f"event {event_id}, {path}: sealed at {sealed_at}")
        sealed.append((holder, name, event_id, key_id, sealed_at, text))
    held = keys.held({key_id for _, _, _, key_id, _, _ in sealed}) if sealed else {}
    erased = set()
    for holder, name, event_id, key_id, sealed_at, text in sealed:
        key = held.get(key_id)
        if key is None:
            holder[name] = {"erased": True}
            erased.add(event_id)
            continue
        holder[name] = _unsealed(key, text, _bound(event_id, sealed_at), event_id)
    return frozenset(erased)


def boxes(values: Json) -> list[Found]:
    """Every sealed value, in order."""
    found: list[Found] = []
    _find(values, "", found)
    return found


def _find(holder: Json, where: str, found: list[Found]) -> None:
    keyed = type(holder) is dict
    for name, value in holder.items() if keyed else enumerate(holder):
        kind = type(value)
        if kind is not dict and kind is not list:
            continue
        path = f"{where}[{name}]" if not keyed else f"{where}.{name}" if where else str(name)
        if kind is dict and len(value) == 1 and "sealed" in value:
            found.append((holder, name, path, value["sealed"]))
        else:
            _find(value, path, found)


def _with(values: Json, replaced: Mapping[str, Json], path: str) -> Json:
    if path in replaced:
        return replaced[path]
    if type(values) is dict:
        return {n: _with(v, replaced, f"{path}.{n}" if path else n) for n, v in values.items()}
    if type(values) is list:
        return [_with(v, replaced, f"{path}[{i}]") for i, v in enumerate(values)]
    return values


def _bound(event_id: UUID, path: str) -> bytes:
    return event_id.bytes + path.encode()


def _boxed(leaf: Leaf, key_id: str, key: Key, event_id: UUID) -> str:
    text, bound = canonical(leaf.value), _bound(event_id, leaf.path)
    return _box(key_id, leaf.path, key.cipher, text, bound, os.urandom(NONCE))


def _box(key_id: str, path: str, cipher: AESGCM, text: bytes, bound: bytes, nonce: bytes) -> str:
    sealed = b2a_base64(nonce + cipher.encrypt(nonce, text, bound), newline=False).decode()
    # The path it was sealed under stands in the box, so that a value shown alone still opens.
    return f"{key_id}|{path}|{sealed}"


def _parts(box: Json, event_id: UUID, path: str) -> tuple[str, str, str]:
    """Key id, the path sealed under (which may hold a bar itself), and the sealed bytes as text."""
    first, last = (box.find("|"), box.rfind("|")) if type(box) is str else (0, 0)
    if not 0 < first < last:
        raise Damaged(f"event {event_id}, {path}: no sealed value")
    return box[:first], box[first + 1 : last], box[last + 1 :]
