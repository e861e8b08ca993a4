"""Acts: one POST per fact that can be recorded, made from its contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, FastAPI, Request
from pydantic import ValidationError

from api import problems
from api.body import Body, Object
from api.caller import Caller, Invisible, operation_of
from api.etags import expected_version, of_version
from api.json import Json
from api.naming import check_named
from api.openapi import act_documented, in_italian
from api.paths import BASE
from api.problems import Problem, Wrong, bad_value, malformed, wrongs
from api.readers import judge
from api.security.door import signed_request
from api.services import Given, Services
from api.shapes import field_shape
from api.statements import decoded, found, shaped
from api.who import Who
from domain.case.events import CaseReferred, EventCorrected
from domain.case.state import Case
from domain.catalogue import ACTS
from domain.contract import Contract, contract_of, instant
from domain.ledger.context import Context
from domain.ledger.digests import canonical
from domain.ledger.exchanges import Signed
from domain.ledger.recorder import Command, Outcome
from domain.ledger.seal import Keys
from domain.ledger.store import Unknown
from domain.rules.calendar import legal_day

COMMANDS_KEY = "index/commands"
"""One key for all of them: who destroys it makes no command known again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the headers of an act say, and which request it is."""

    key: UUID
    if_version: int | None
    known_on: str | None
    request_id: UUID
    operation: str
    target: str
    signed: Signed | None

    def command(self, who: Who, body: Object, keys: Keys) -> Command:
        """Its identity: who sent it, under which key, and the digest of all that it says.

        What an act says is often a code, a day and an id, which anybody could find by trying: so the digest
        is under a key of the key file.
        """
        said = [self.target.encode(), (self.known_on or "").encode(), canonical(body)]
        bound = b"".join(len(part).to_bytes(4, "big") + part for part in said)
        digest = keys.ensure([COMMANDS_KEY])[COMMANDS_KEY].salt(bound)
        return Command(who.client, self.key, digest, self.signed)


async def _sent(request: Request, _who: Caller) -> Sent:
    return Sent(
        key=_key(request.headers.get("idempotency-key")),
        if_version=expected_version(request.headers.get("if-match")),
        known_on=request.headers.get("known-on"),
        request_id=getattr(request.state, "request_id", None) or uuid4(),
        operation=operation_of(request),
        target=f"{request.method} {request.url.path}",
        signed=signed_request(request),
    )


Headers = Annotated[Sent, Depends(_sent)]


def add_routes(app: FastAPI) -> None:
    """A route for every act."""
    for contract in ACTS.values():
        app.add_api_route(
            BASE + where(contract),
            _endpoint(contract),
            methods=["POST"],
            operation_id=contract.act,
            name=contract.act,
            summary=contract.title,
            description=in_italian(contract),
            tags=["acts" if contract.aggregate == "case" else contract.aggregate],
            status_code=201,
            response_model=None,
            openapi_extra=act_documented(contract),
        )


def where(contract: Contract) -> str:
    """The path that a fact is posted to: under its case or protocol; agreements and PUC outlive both."""
    if contract.aggregate in ("case", "access"):
        return f"/cases/{{case_id}}/{contract.path}" if contract.path else "/cases"
    if contract.aggregate == "table":
        return f"/table/{contract.path}"
    if _of_a_protocol(contract):
        return f"/protocols/{{protocol_id}}/{contract.path}" if contract.path else "/protocols"
    return f"/{contract.path}"


def _of_a_protocol(contract: Contract) -> bool:
    return "protocol_id" in contract.stated


def _endpoint(contract: Contract) -> Callable[..., Json]:
    """One of four: on a case, on what opens one, on a protocol, on what stands in no path."""

    def refer(sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act(services, contract, who, sent, body, uuid5(sent.key, "case_id"))

    def act(case_id: UUID, sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act(services, contract, who, sent, body, case_id)

    def act_beside_cases(sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act_beside_cases(services, contract, who, sent, body, None)

    def act_on_protocol(protocol_id: UUID, sent: Headers, who: Caller, services: Given, body: Body) -> Json:
        return _act_beside_cases(services, contract, who, sent, body, protocol_id)

    if contract.aggregate in ("case", "access"):
        return act if contract.path else refer
    return act_on_protocol if _of_a_protocol(contract) and contract.path else act_beside_cases


def _act(services: Services, contract: Contract, who: Who, sent: Sent, body: Object, case_id: UUID) -> Json:
    said = shaped(contract, body)
    command = sent.command(who, body, services.log.keys)
    event, context = decoded(contract, said), _context(services, who, sent, command)

    def may(case: Case) -> None:
        if contract.type is not CaseReferred:
            judge(services, sent.operation, who, case_id, case)
        if sent.if_version is not None and not _told_versions(who, contract):
            # Whoever is told no version has none to name, and may not probe for it.
            raise Problem(412, "STALE")
        check_named(case, who, event)
        if isinstance(event, EventCorrected):
            _check_correction(case, event)

    act = (
        services.log.act_on_access
        if contract.aggregate == "access"
        else partial(services.log.act, law=services.law)
    )
    try:
        outcome = act(case_id, event, context, if_version=sent.if_version, may=may)
    except Unknown:
        raise Invisible(case_id) from None
    version = outcome.version if _told_versions(who, contract) else None
    return _recorded(outcome, {"case_id": str(case_id)}, version, f"{BASE}/cases/{case_id}")


def _told_versions(who: Who, contract: Contract) -> bool:
    """Whether somebody may know how many facts a stream has: who is shown the whole case, and the register.

    To anybody else a number that moved by more than was shown tells of a fact that is hidden. In an access
    log some reads are hidden also from those who run the case.
    """
    return who.kind in ("servizio-sociale", "system") and contract.aggregate == "case"


def _act_beside_cases(
    services: Services, contract: Contract, who: Who, sent: Sent, body: Object, protocol_id: UUID | None
) -> Json:
    body = _named(body, protocol_id)
    said = shaped(contract, body)
    command = sent.command(who, body, services.log.keys)
    event = decoded(contract, said)
    outcome = services.log.earlier(command)
    if outcome is None:
        if protocol_id is not None:
            _last_signed(services, protocol_id)
        act = services.log.act_on_table if contract.aggregate == "table" else services.log.act_on_protocol
        outcome = act(event, _context(services, who, sent, command), if_version=sent.if_version)
    named = contract.slot[0]
    return _recorded(outcome, {named: str(getattr(event, named))}, outcome.version, None)


def _named(body: Object, protocol_id: UUID | None) -> Object:
    """The statement with the protocol of the path, which the body need not repeat."""
    if protocol_id is None:
        return body
    if body.get("protocol_id", str(protocol_id)) != str(protocol_id):
        raise bad_value(Wrong("/protocol_id", "is not the protocol of the path"))
    return body | {"protocol_id": str(protocol_id)}


def _last_signed(services: Services, protocol_id: UUID) -> None:
    signed = services.log.protocol().signed
    if signed is None or signed.protocol_id != protocol_id:
        raise problems.unknown()


def _key(header: str | None) -> UUID:
    try:
        return UUID(header or "")
    except ValueError:
        raise malformed("Idempotency-Key", "must be a UUID, a new one for every act") from None


def _check_correction(case: Case, event: EventCorrected) -> None:
    """The corrected values have the shape that they would have had in the first place."""
    corrected = case.facts.get(event.corrects_event_id)
    if corrected is None:
        return  # the domain refuses it
    contract = contract_of(corrected.event)
    for name, value in event.new_value.items():
        if name in contract.stated and value is not None:
            try:
                field_shape(contract, name).validate_python(value)
            except ValidationError as error:
                raise bad_value(*wrongs(found(error), f"/new_value/{name}")) from None


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
        raise malformed("Known-On", "must be a date (YYYY-MM-DD)") from None
    if day > today:
        raise bad_value(Wrong("Known-On", "is in the future"))
    return day


def _recorded(outcome: Outcome, named: Object, version: int | None, location: str | None) -> Json:
    body = named | ({} if version is None else {"version": version})
    body |= {
        "position": outcome.last_position,
        "recorded_at": instant(outcome.recorded_at),
        "event_ids": [str(event_id) for event_id in outcome.event_ids],
        "replayed": outcome.replayed,
    }
    headers = {"Location": location} if location else {}
    headers |= {} if version is None else {"ETag": of_version(version)}
    return Json(body, 201 if outcome.event_ids and not outcome.replayed else 200, headers)
