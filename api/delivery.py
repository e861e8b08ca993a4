"""What a recipient is sent, and what it says it received."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from api.body import Body
from api.caller import Caller
from api.json import Json
from api.paths import BASE
from api.problems import Problem, Wrong, bad_value
from api.services import Given, Services
from api.who import Who
from domain.contract import Json as JsonValue
from domain.ledger.disclosed import Acknowledgement
from domain.refused import Refused
from projections.acknowledgement import NotVerified, verified

Many = Annotated[int, Query(ge=1, le=1000, json_schema_extra={"format": "int32"})]
Seq = Annotated[int, Query(ge=0, le=2**63 - 1, json_schema_extra={"format": "int64"})]


def add_routes(app: FastAPI) -> None:
    for path, method, endpoint in (
        ("/feed", "GET", read_feed),
        ("/acknowledgements", "POST", acknowledge),
        ("/recipients", "GET", list_recipients),
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
    items = [message.to_json() for message in services.disclosed.messages(recipient, after, limit)]
    return Json(
        {
            "items": items,
            "log_epoch": str(services.disclosed.epoch()),
            "head": services.disclosed.head(recipient),
        }
    )


def acknowledge(who: Caller, services: Given, body: Body) -> Json:
    """What your seat received and applied, as a compact JWS signed with the key that only it holds.

    Its payload is ``{recipient, log_epoch, received, applied, parked}``. Saying the same again adds nothing.
    """
    recipient = _recipient(services, who)
    signed = _signed(body)
    said = _verified(services, recipient, signed)
    _check(services, said)
    new = services.disclosed.acknowledged(recipient) != said
    if new:
        services.disclosed.acknowledge(said, signed)
    return Json(
        {"recipient": recipient, "received": said.received, "applied": said.applied}, 201 if new else 200
    )


def list_recipients(_who: Caller, services: Given) -> Json:
    """How far each recipient is: the last seq there is for it, handed to Kafka, and acknowledged."""
    return Json({"items": [_progress(services, code) for code in services.recipients], "next_cursor": None})


def _recipient(services: Services, who: Who) -> str:
    if who.seat not in services.recipients:
        raise Refused("ROLE_NOT_ALLOWED", "your seat is not a recipient")
    return who.seat


_SIGNED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["signed"],
                    "properties": {"signed": {"type": "string", "maxLength": 1_000_000}},
                    "additionalProperties": False,
                }
            }
        },
    },
    "responses": {
        "201": {"description": "Kept.", "content": {"application/json": {"schema": {"type": "object"}}}},
    },
}


def _signed(body: dict[str, JsonValue]) -> str:
    signed = body.get("signed")
    if set(body) != {"signed"} or not isinstance(signed, str):
        raise bad_value(Wrong("/signed", "must be a compact JWS, and the only field"))
    return signed


def _verified(services: Services, recipient: str, signed: str) -> Acknowledgement:
    key = services.disclosed.public_key(recipient)
    if key is None:
        raise Problem(403, "NOT_ENROLLED")
    try:
        said = verified(signed, key)
    except NotVerified:
        raise Problem(422, "BAD_SIGNATURE") from None
    if said["recipient"] != recipient:
        raise Refused("ROLE_NOT_ALLOWED", "a recipient acknowledges for itself alone")
    return Acknowledgement(
        recipient, UUID(said["log_epoch"]), said["received"], said["applied"], tuple(said["parked"])
    )


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


def _progress(services: Services, recipient: str) -> dict[str, JsonValue]:
    said = services.disclosed.acknowledged(recipient)
    return {
        "recipient": recipient,
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
