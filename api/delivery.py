"""What a recipient is sent, and what it says it received."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Path, Query

from api.body import Body
from api.caller import Caller
from api.described.composed import REF
from api.json import Json
from api.parameters import Limit, page
from api.paths import BASE
from api.problems import Problem, Wrong, bad_value, unknown
from api.readings import now
from api.services import Given, Services
from api.who import Who
from domain.contract import Json as JsonValue
from domain.contract import instant
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Acknowledgement
from domain.ledger.note import (
    COSIGNATURE,
    Note,
    NoteError,
    VerifierKey,
    cosignature_time,
    witness_name,
)
from domain.refused import Refused
from domain.seats import is_reserved
from projections.acknowledgement import Cosigned, NotVerified, public_bytes, verified

Code = Annotated[str, Path(max_length=60, pattern="^[a-z0-9][a-z0-9-]*$")]

END_OF_TIME = 253_402_300_799
"""The last second that a date can tell."""

Many = Annotated[int, Query(ge=1, le=1000, json_schema_extra={"format": "int32"})]
Seq = Annotated[int, Query(ge=0, le=2**63 - 1, json_schema_extra={"format": "int64"})]


def add_routes(app: FastAPI) -> None:
    for path, method, endpoint in (
        ("/feed", "GET", read_feed),
        ("/acknowledgements", "POST", acknowledge),
        ("/recipients", "GET", list_recipients),
        ("/recipients/{recipient}/corrections", "GET", list_corrections),
    ):
        app.add_api_route(
            BASE + path,
            endpoint,
            methods=[method],
            operation_id=endpoint.__name__,
            tags=["delivery"],
            response_model=None,
            openapi_extra=_SIGNED if method == "POST" else None,
        )


def read_feed(who: Caller, services: Given, after: Seq = 0, limit: Many = 500) -> Json:
    """The facts disclosed to your seat after a seq, in order. ``head`` is the last seq there is."""
    recipient = _recipient(services, who)
    items = [message.to_json() for message in services.shown.messages(recipient, after, limit)]
    return Json(
        {
            "items": items,
            "log_epoch": str(services.disclosed.epoch()),
            "head": services.shown.head(recipient),
        }
    )


def acknowledge(who: Caller, services: Given, body: Body) -> Json:
    """What your seat received and applied, as a compact JWS signed with the key that only it holds.

    Its payload is ``{recipient, log_epoch, received, applied, parked}``, and ``cosigned: {size, line}`` where
    you found a checkpoint of the log consistent with all you saw before. Saying the same again adds nothing.
    """
    recipient = _recipient(services, who)
    signed = _signed(body)
    said, cosigned = _verified(services, recipient, signed)
    _check(services, said)
    cosigned_at = _check_cosigned(services, said, cosigned) if cosigned else None
    new = cosigned_at is not None or services.disclosed.acknowledged(recipient) != said
    if new:
        services.disclosed.acknowledge(said, signed)
    if cosigned and cosigned_at is not None:
        # After the record that it came with: who dies in between is told the same again.
        Checkpoints(services.all_rows).cosign(
            recipient, said.log_epoch, cosigned["size"], cosigned["line"], cosigned_at
        )
    return Json(
        {"recipient": recipient, "received": said.received, "applied": said.applied}, 201 if new else 200
    )


def list_recipients(_who: Caller, services: Given) -> Json:
    """How far each recipient is: the last seq there is for it, handed to Kafka, and acknowledged.

    ``cosigned`` is the largest size of the log, in its epoch of today, that it vouched for as a witness.
    ``corrections`` counts what it was to change or to forget and has not said it did, and since when.

    Of a health or an anti-violence service only what it vouched for: numbers that move with an act of
    one's own would tell that the service has the case.
    """
    return Json({"items": [_progress(services, code) for code in services.recipients], "next_cursor": None})


def list_corrections(
    _who: Caller, services: Given, recipient: Code, cursor: Seq = 0, limit: Limit = 100
) -> Json:
    """Corrections, withdrawals and erasures that a recipient has not said it applied, in their order.

    ``seq`` is their number in its feed. Of which case they are is not told: that a service knows somebody may
    be a secret. So is of health and anti-violence services when: theirs are those of earlier days, by day.
    """
    if recipient not in services.recipients:
        raise unknown()
    found, today = services.disclosed.unacknowledged(recipient, cursor, limit + 1), now(services)
    items = [
        {"seq": each.seq, "kind": each.kind, "disclosed_at": at}
        for each in found
        if (at := _told_when(recipient, each.disclosed_at, today))
    ]
    return page(items, limit, lambda each: str(each["seq"]))


def _recipient(services: Services, who: Who) -> str:
    if who.seat not in services.recipients:
        raise Refused("ROLE_NOT_ALLOWED", "your seat is not a recipient")
    return who.seat


ACKNOWLEDGED = {"$ref": REF.format(model="Acknowledged")}

_SIGNED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["signed"],
                    "properties": {
                        "signed": {
                            "type": "string",
                            "maxLength": 1_000_000,
                            "pattern": r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
                        }
                    },
                    "additionalProperties": False,
                }
            }
        },
    },
    "responses": {
        "201": {"description": "Conservata.", "content": {"application/json": {"schema": ACKNOWLEDGED}}}
    },
}


def _signed(body: dict[str, JsonValue]) -> str:
    signed = body.get("signed")
    if set(body) != {"signed"} or not isinstance(signed, str):
        raise bad_value(Wrong("/signed", "must be a compact JWS, and the only field"))
    return signed


def _verified(services: Services, recipient: str, signed: str) -> tuple[Acknowledgement, Cosigned | None]:
    key = services.disclosed.public_key(recipient)
    if key is None:
        raise Problem(403, "NOT_ENROLLED")
    try:
        said = verified(signed, key)
    except NotVerified:
        raise Problem(422, "BAD_SIGNATURE") from None
    if said["recipient"] != recipient:
        raise Refused("ROLE_NOT_ALLOWED", "a recipient acknowledges for itself alone")
    acknowledged = Acknowledgement(
        recipient, UUID(said["log_epoch"]), said["received"], said["applied"], tuple(said["parked"])
    )
    return acknowledged, said.get("cosigned")


def _check_cosigned(services: Services, said: Acknowledgement, cosigned: Cosigned) -> int | None:
    """When a recipient cosigned a checkpoint, in seconds since 1970; None where it did so before."""
    evidence, size = Checkpoints(services.all_rows), cosigned["size"]
    stored = evidence.at(said.log_epoch, size) if 0 < size < 2**63 else None
    if stored is None:
        raise bad_value(Wrong("/signed", "cosigned: there is no checkpoint of this size"))
    public = public_bytes(services.disclosed.public_key(said.recipient) or "{}")
    key = VerifierKey(witness_name(services.ambito, said.recipient), public, COSIGNATURE)
    try:
        at = cosignature_time(Note.read(stored.note).text, cosigned["line"], key)
    except NoteError as error:
        raise Problem(422, "BAD_SIGNATURE", f"cosigned: {error}") from None
    if at > END_OF_TIME:
        raise bad_value(Wrong("/signed", "cosigned: the time is none"))
    before = evidence.cosignatures(said.log_epoch, [size])
    return None if any(each.recipient == said.recipient for each in before) else at


def _check(services: Services, said: Acknowledgement) -> None:
    """Nobody received what was never there, or applied what it did not receive."""
    if said.log_epoch != services.disclosed.epoch():
        raise Problem(409, "OTHER_EPOCH")
    if not 0 <= said.received <= services.disclosed.head(said.recipient):
        raise bad_value(Wrong("/signed", "received: beyond the head of the feed"))
    if not 0 <= said.applied <= said.received:
        raise bad_value(Wrong("/signed", "applied: beyond what was received"))
    if any(not 0 < seq <= said.received for seq in said.parked):
        raise bad_value(Wrong("/signed", "parked: beyond what was received"))


def _told_when(recipient: str, at: datetime, today: datetime) -> str | None:
    """An instant; of a reserved recipient the day, once it is over."""
    if not is_reserved(recipient):
        return instant(at)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return instant(day) if today - day >= timedelta(days=1) else None


def _progress(services: Services, recipient: str) -> dict[str, JsonValue]:
    watched = Checkpoints(services.all_rows).cosigned_by(recipient, services.disclosed.epoch())
    cosigned = {"size": watched.size, "cosigned_at": instant(watched.cosigned_at)} if watched else None
    reserved, (waiting, first) = is_reserved(recipient), services.disclosed.unacknowledged_count(recipient)
    since = _told_when(recipient, first, now(services)) if first else None
    corrections = {"unacknowledged": None if reserved else waiting, "since": since}
    told = {"recipient": recipient, "cosigned": cosigned, "corrections": corrections}
    if reserved:
        return told | dict.fromkeys(("head", "relayed", "acknowledged"))
    said = services.disclosed.acknowledged(recipient)
    return told | {
        "head": services.disclosed.head(recipient),
        "relayed": services.disclosed.relayed(recipient),
        "acknowledged": {
            "log_epoch": str(said.log_epoch),
            "received": said.received,
            "applied": said.applied,
            "parked": list(said.parked),
        }
        if said
        else None,
    }
