"""What a recipient says it received and applied, signed with a key that only it holds."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import NotRequired, TypedDict, TypeVar, cast
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

T = TypeVar("T")

ALGORITHM = "Ed25519"
"""EdDSA with its curve named, as RFC 9864 wants it: plain ``EdDSA`` is refused."""


class Cosigned(TypedDict):
    """That the log of this ``size`` is one with all that was seen of it: the cosignature's line (C2SP)."""

    size: int
    line: str


class Said(TypedDict):
    """The body of an acknowledgement.

    ``received`` is the last seq that arrived, ``applied`` the last one that was dealt with; ``parked`` lists
    the seqs up to ``applied`` that the views do not hold. ``cosigned`` comes with the checkpoints.
    """

    recipient: str
    log_epoch: str
    received: int
    applied: int
    parked: list[int]
    cosigned: NotRequired[Cosigned]


class NotVerified(ValueError):
    """Not an acknowledgement, or not signed with this key."""


def signed(said: Said, private_jwk: str) -> str:
    """The acknowledgement as a compact JWS over its canonical JSON; the key is an Ed25519 JWK, as JSON."""
    payload = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return jws.serialize_compact({"alg": ALGORITHM}, payload, _key(private_jwk), algorithms=[ALGORITHM])


def verified(signature: str, public_jwk: str) -> Said:
    """What a JWS says. Raises NotVerified.

    Whether ``recipient`` is who sent it remains to be compared.
    """
    try:
        payload = jws.deserialize_compact(signature, _key(public_jwk), algorithms=[ALGORITHM]).payload
        said = orjson.loads(payload)
        body = Said(
            recipient=_is(str, said["recipient"]),
            log_epoch=str(UUID(said["log_epoch"])),
            received=_is(int, said["received"]),
            applied=_is(int, said["applied"]),
            parked=[_is(int, seq) for seq in _is(list, said["parked"])],
        )
        if "cosigned" in said:
            cosigned = said["cosigned"]
            body["cosigned"] = Cosigned(size=_is(int, cosigned["size"]), line=_is(str, cosigned["line"]))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise NotVerified("not an acknowledgement signed with this key") from None
    return body


def public_bytes(jwk: str) -> bytes:
    """The 32 bytes of the public key in an Ed25519 JWK."""
    return urlsafe_b64decode(orjson.loads(jwk)["x"] + "==")


def _key(jwk: str) -> OKPKey:
    return OKPKey.import_key(cast("dict[str, str | list[str]]", orjson.loads(jwk)))


def _is(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise TypeError
    return value
