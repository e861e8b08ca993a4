"""The evidence of the log: its signed states, and proofs that an event is in it and that it only grew.

No personal datum, no case: hashes, sizes, signatures. Hashes are in standard base64, as in a note. Whoever
verifies computes the hash of an event from the event itself and takes the root from a checkpoint whose
signature it checked (``docs/evidence.md``).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import Response

from api.caller import Caller
from api.json import Json
from api.parameters import Limit, page
from api.paths import BASE
from api.problems import Problem, Wrong, bad_value, unknown
from api.services import Given
from domain.contract import Json as JsonValue
from domain.contract import instant
from domain.ledger.checkpoints import Checkpoints, Cosignature, NoSuchSize, Stored

Number = Annotated[int, Query(ge=1, le=2**63 - 1, json_schema_extra={"format": "int64"})]
From = Annotated[int, Query(alias="from", ge=1, le=2**63 - 1, json_schema_extra={"format": "int64"})]
Before = Annotated[
    str | None,
    Query(max_length=18, pattern="^[0-9]{1,18}$"),
]

NOTE = {"text/plain": {"schema": {"type": "string", "maxLength": 100_000, "pattern": "^[^\\x00]*$"}}}


def add_routes(app: FastAPI) -> None:
    for path, endpoint in (
        ("checkpoints", list_checkpoints),
        ("inclusion-proofs", prove_inclusion),
        ("consistency-proofs", prove_consistency),
        ("keys", list_log_keys),
    ):
        app.add_api_route(
            f"{BASE}/log/{path}",
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__,
            tags=["evidence"],
            response_model=None,
        )
    app.add_api_route(
        f"{BASE}/log/checkpoints/latest",
        show_latest_checkpoint,
        methods=["GET"],
        operation_id="show_latest_checkpoint",
        tags=["evidence"],
        response_model=None,
        response_class=Response,
        responses={200: {"description": "La nota con le sue firme (C2SP).", "content": NOTE}},
    )


def list_checkpoints(_who: Caller, services: Given, cursor: Before = None, limit: Limit = 100) -> Json:
    """The signed states of the log, the latest first, each with the recipients that cosigned it."""
    evidence = Checkpoints(services.all_rows)
    found = evidence.page(int(cursor) if cursor else None, limit + 1)
    items = [_item(each, said) for each, said in _cosigned(evidence, found)]
    return page(items, limit, lambda item: str(item["number"]))


def show_latest_checkpoint(_who: Caller, services: Given) -> Response:
    """The latest checkpoint as a signed note of C2SP, with the cosignatures that it has so far."""
    evidence = Checkpoints(services.all_rows)
    latest = evidence.latest()
    if latest is None:
        raise unknown()
    ((_, said),) = _cosigned(evidence, [latest])
    return Response(latest.note + "".join(f"{each.line}\n" for each in said), media_type="text/plain")


def prove_inclusion(_who: Caller, services: Given, position: Number, size: Number) -> Json:
    """The audit path (RFC 6962 2.1.1) of the event at a position in the log of a size, from the leaf up."""
    if position > size:
        raise bad_value(Wrong("position", "is beyond the size"))
    hashes = _proved(lambda: Checkpoints(services.all_rows).inclusion(position, size))
    return Json({"position": position, "size": size, "hashes": hashes})


def prove_consistency(_who: Caller, services: Given, from_: From, to: Number) -> Json:
    """The proof (RFC 6962 2.1.2) that the log of size ``to`` begins with the log of size ``from``."""
    if from_ > to:
        raise bad_value(Wrong("from", "is beyond to: a log does not shrink"))
    hashes = _proved(lambda: Checkpoints(services.all_rows).consistency(from_, to))
    return Json({"from": from_, "to": to, "hashes": hashes})


def list_log_keys(_who: Caller, services: Given) -> Json:
    """The keys that ever signed the log, the latest first, as verifier keys of C2SP.

    Who checks the log compares them with what people told it, and believes no key from here alone.
    """
    items = [
        {
            "vkey": key.vkey,
            "log_epoch": str(key.log_epoch),
            "first_used_at": instant(key.first_used_at),
        }
        for key in Checkpoints(services.all_rows).log_keys()
    ]
    return Json({"items": items, "next_cursor": None})


def _proved(proof: Callable[[], Sequence[bytes]]) -> list[str]:
    try:
        return [_encoded(each) for each in proof()]
    except NoSuchSize:
        raise Problem(404, "NO_SUCH_SIZE") from None


def _cosigned(evidence: Checkpoints, found: Sequence[Stored]) -> list[tuple[Stored, list[Cosignature]]]:
    """Checkpoints, each with what was said of it."""
    said = [
        each
        for epoch in {stored.log_epoch for stored in found}
        for each in evidence.cosignatures(epoch, [s.size for s in found if s.log_epoch == epoch])
    ]
    return [
        (stored, [e for e in said if (e.log_epoch, e.size) == (stored.log_epoch, stored.size)])
        for stored in found
    ]


def _item(stored: Stored, said: Sequence[Cosignature]) -> dict[str, JsonValue]:
    return {
        "number": stored.number,
        "origin": stored.note.partition("\n")[0],
        "log_epoch": str(stored.log_epoch),
        "size": stored.size,
        "root": _encoded(stored.root),
        "made_at": instant(stored.made_at),
        "note": stored.note,
        "cosignatures": [
            {"recipient": each.recipient, "cosigned_at": instant(each.cosigned_at), "line": each.line}
            for each in said
        ],
    }


def _encoded(digest: bytes) -> str:
    return b64encode(digest).decode()
