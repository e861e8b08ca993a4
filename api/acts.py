"""Acts: one POST per fact that can be recorded, made from its contract."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, FastAPI, Request
from pydantic import ValidationError

from api import problems
from api.body import Body, Object
from api.caller import Caller, operation_of
from api.etags import expected_version, of_version
from api.json import Json
from api.openapi import act_documented
from api.paths import BASE
from api.problems import Wrong, bad_value, malformed, wrongs
from api.readers import see
from api.services import Given, Services
from api.shapes import field_shape, shape_of, stated
from api.who import Who
from domain.case.events import CaseReferred, EventCorrected
from domain.catalogue import CONTRACTS
from domain.contract import BadValue, Contract, contract_of, decode, instant
from domain.ledger.recorder import Command, Outcome
from domain.ledger.seal import canonical
from domain.ledger.store import Context, KeyReused
from domain.protocol.events import ProtocolSigned
from domain.rules.calendar import legal_day


@dataclass(frozen=True, slots=True)
class Sent:
    """What the headers of an act say, and which request it is."""

    key: UUID
    if_version: int | None
    known_on: str | None
    request_id: UUID
    operation: str
    target: str

    def command(self, who: Who, body: Object) -> Command:
        """Its identity: who sent it, under which key, and the digest of all that it says."""
        said = [self.target.encode(), (self.known_on or "").encode(), canonical(body)]
        bound = b"".join(len(part).to_bytes(4, "big") + part for part in said)
        return Command(who.client, self.key, hashlib.sha256(bound).digest())


async def _sent(request: Request, _who: Caller) -> Sent:
    return Sent(
        key=_key(request.headers.get("idempotency-key")),
        if_version=expected_version(request.headers.get("if-match")),
        known_on=request.headers.get("x-known-on"),
        request_id=getattr(request.state, "request_id", None) or uuid4(),
        operation=operation_of(request),
        target=f"{request.method} {request.url.path}",
    )


Headers = Annotated[Sent, Depends(_sent)]


def add_routes(app: FastAPI) -> None:
    """A route for every contract."""
    for contract in CONTRACTS.values():
        app.add_api_route(
            BASE + _path(contract),
            _endpoint(contract),
            methods=["POST"],
            operation_id=contract.act,
            name=contract.act,
            summary=contract.title,
            description=contract.type.__doc__ or "",
            tags=["protocol" if _of_protocol(contract) else "acts"],
            status_code=201,
            response_model=None,
            openapi_extra=act_documented(contract),
        )


def _path(contract: Contract) -> str:
    if _of_protocol(contract):
        return f"/protocols/{{protocol_id}}/{contract.path}" if contract.path else "/protocols"
    return f"/cases/{{case_id}}/{contract.path}" if contract.path else "/cases"


def _of_protocol(contract: Contract) -> bool:
    return contract.name.startswith("adi.protocol.")


def _endpoint(contract: Contract) -> Callable[..., Json]:
    """One of four: what opens a case or a protocol has no id in its path."""

    def refer(sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act(services, contract, who, sent, body, uuid5(sent.key, "case_id"))

    def act(case_id: UUID, sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act(services, contract, who, sent, body, case_id)

    def sign(sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act_on_protocol(services, contract, who, sent, body, None)

    def act_on_protocol(protocol_id: UUID, sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act_on_protocol(services, contract, who, sent, body, protocol_id)

    if _of_protocol(contract):
        return act_on_protocol if contract.path else sign
    return act if contract.path else refer


def _act(services: Services, contract: Contract, who: Who, sent: Sent, body: Object, case_id: UUID) -> Json:
    said = _shaped(contract, body)
    command = sent.command(who, body)
    outcome = _earlier(services, command)
    if outcome is None:
        if contract.type is not CaseReferred:
            see(services, sent.operation, who, case_id)
        event = _decoded(contract, said)
        if isinstance(event, EventCorrected):
            _check_correction(services, case_id, event)
        context = _context(services, who, sent, command)
        outcome = services.log.act(case_id, event, context, law=services.law, if_version=sent.if_version)
    return _recorded(
        services, outcome, {"case_id": str(outcome.stream_id)}, f"{BASE}/cases/{outcome.stream_id}"
    )


def _act_on_protocol(
    services: Services, contract: Contract, who: Who, sent: Sent, body: Object, protocol_id: UUID | None
) -> Json:
    body = _named(body, protocol_id)
    said = _shaped(contract, body)
    command = sent.command(who, body)
    event = _decoded(contract, said)
    outcome = _earlier(services, command)
    if outcome is None:
        if not isinstance(event, ProtocolSigned):
            _in_force(services, event.protocol_id)
        context = _context(services, who, sent, command)
        outcome = services.log.act_on_protocol(event, context, if_version=sent.if_version)
    return _recorded(services, outcome, {"protocol_id": str(event.protocol_id)}, None)


def _named(body: Object, protocol_id: UUID | None) -> Object:
    """The statement with the protocol of the path, which the body need not repeat."""
    if protocol_id is None:
        return body
    if body.get("protocol_id", str(protocol_id)) != str(protocol_id):
        raise bad_value(Wrong("/protocol_id", "is not the protocol of the path"))
    return body | {"protocol_id": str(protocol_id)}


def _in_force(services: Services, protocol_id: UUID) -> None:
    signed = services.log.protocol().signed
    if signed is None or signed.protocol_id != protocol_id:
        raise problems.unknown()


def _key(header: str | None) -> UUID:
    try:
        return UUID(header or "")
    except ValueError:
        raise malformed("Idempotency-Key", "must be a UUID, a new one for every act") from None


def _shaped(contract: Contract, body: Object) -> Object:
    try:
        return stated(shape_of(contract).model_validate(body))
    except ValidationError as error:
        raise bad_value(*wrongs(_found(error))) from None


def _decoded(contract: Contract, said: Object) -> Any:
    try:
        return decode(contract.type, said)
    except BadValue as bad:
        raise bad_value(Wrong(_pointer(bad.where), bad.because)) from None


def _check_correction(services: Services, case_id: UUID, event: EventCorrected) -> None:
    """The corrected values have the shape that they would have had in the first place."""
    corrected = services.log.case(case_id).facts.get(event.corrects_event_id)
    if corrected is None:
        return  # the domain refuses it
    contract = contract_of(corrected.event)
    for name, value in event.new_value.items():
        if name in contract.stated and value is not None:
            try:
                field_shape(contract, name).validate_python(value)
            except ValidationError as error:
                raise bad_value(*wrongs(_found(error), f"/new_value/{name}")) from None


def _found(error: ValidationError) -> Any:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _pointer(where: str) -> str:
    """``members[0].name`` as a JSON pointer."""
    return "/" + where.replace("[", "/").replace("]", "").replace(".", "/") if where else ""


def _earlier(services: Services, command: Command) -> Outcome | None:
    """What this command led to before; asked first, since a replay needs neither version nor assignment."""
    earlier = services.log.recorder.outcome_of(command.client, command.command_id)
    if earlier is not None and earlier.body_digest != command.body_digest:
        raise KeyReused
    return earlier


def _context(services: Services, who: Who, sent: Sent, command: Command) -> Context:
    return Context(
        by=who.recorder,
        known_on=_known_on(sent.known_on, legal_day(services.clock())),
        purpose=who.purpose,
        command=command,
        correlation_id=sent.request_id,
    )


def _known_on(header: str | None, today: date) -> date:
    """The day on which the recorder learnt of the fact: today in Italy, unless the client says otherwise."""
    if header is None:
        return today
    try:
        day = date.fromisoformat(header)
    except ValueError:
        raise malformed("X-Known-On", "must be a date (YYYY-MM-DD)") from None
    if day > today:
        raise bad_value(Wrong("X-Known-On", "is in the future"))
    return day


def _recorded(services: Services, outcome: Outcome, named: Object, location: str | None) -> Json:
    event_ids = _event_ids(services, outcome)
    new = bool(event_ids) and not outcome.replayed
    body = named | {
        "version": outcome.version,
        "position": outcome.last_position,
        "recorded_at": instant(outcome.recorded_at),
        "event_ids": event_ids,
        "replayed": outcome.replayed,
    }
    headers = {"ETag": of_version(outcome.version)} | ({"Location": location} if location else {})
    return Json(body, 201 if new else 200, headers)


def _event_ids(services: Services, outcome: Outcome) -> Sequence[str]:
    if outcome.last_position < outcome.first_position:
        return []
    query = "select event_id from ledger.events where position between %s and %s order by position"
    with services.pool.connection() as connection:
        rows = connection.execute(query, (outcome.first_position, outcome.last_position)).fetchall()
    return [str(event_id) for (event_id,) in rows]
