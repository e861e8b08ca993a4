"""Requests to every route, made from the OpenAPI document: a new one is tried before anybody thinks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from api.described.examples import BODIES
from api.openapi import PROBES
from api.policy import POLICY, PUBLIC, Decision, allowed
from api.who import PURPOSES_OF, ROLES, Who
from domain.fact import KINDS
from tests.integration.api.office import BASE, Office, Register

SOMETHING: dict[str, str] = {
    "version": "1",
    "worklist": "gepi",
    "recipient": "cpi",
    "act": "request_reason",
    "file": "adi.case.case_referred.v1.json",
    "dossier_id": "1750000000000000.judge",
    "position": "1",
    "size": "1",
    "from": "1",
    "to": "1",
}
"""A value that a path or a needed parameter may have; of any other, a UUID will do."""


@dataclass(frozen=True)
class Operation:
    """An operation as the document has it, with its whole path."""

    name: str
    method: str
    path: str
    said: dict[str, Any]

    @property
    def probe(self) -> bool:
        return self.name in PROBES

    @property
    def public(self) -> bool:
        return self.name in PUBLIC

    @property
    def takes_body(self) -> bool:
        return "requestBody" in self.said

    def url(self, **given: str) -> str:
        """Its path, with something for each parameter that is not given."""
        return re.sub(r"{(\w+)}", lambda m: given.get(m[1]) or SOMETHING.get(m[1]) or str(uuid4()), self.path)

    def needed(self) -> dict[str, str]:
        """The query without which nothing is answered."""
        parameters = [each for each in self.said.get("parameters", ()) if each.get("in") == "query"]
        return {each["name"]: SOMETHING[each["name"]] for each in parameters if each["required"]}

    def body(self) -> Any:
        return BODIES.get(self.name, {}) if self.takes_body else None


def operations(register: Register) -> Iterator[Operation]:
    """Every operation of the register's document."""
    return of_app(register.client.app, BASE)  # type: ignore[arg-type]


def of_app(app: FastAPI, base: str) -> Iterator[Operation]:
    """Every operation of the document of an app."""
    for path, methods in app.openapi()["paths"].items():
        for method, said in methods.items():
            whole = path if "servers" in said else base + path
            yield Operation(said["operationId"], method.upper(), whole, said)


def caller(register: Register, operation: Operation) -> Office:
    """Somebody whom the policy lets ask for it."""
    for kind, role in product(("cpi", *KINDS), sorted(ROLES)):  # a recipient first: others have no feed
        for purpose in sorted(PURPOSES_OF[kind]):
            if operation.public or _may(operation.name, kind, role, purpose):
                agency = "comune-058091" if kind == "comune" else kind
                return register.office(agency, role, person=f"{role} {purpose}", purpose=purpose)
    raise AssertionError(f"nobody may ask for {operation.name}")


def _may(name: str, kind: str, role: str, purpose: str) -> bool:
    return name in POLICY and allowed(name, Who(kind, role, purpose, UUID(int=1))) is Decision.ALLOWED


def ask(
    register: Register,
    operation: Operation,
    by: Office | None,
    *,
    path: str | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    """One request for it, whole unless it is told otherwise."""
    sent = {"Authorization": f"Bearer {by.token}"} if by else {}
    sent |= {"Idempotency-Key": str(uuid4())} if operation.takes_body else {}
    if operation.takes_body and not more:
        more = {"json": operation.body()}
    return register.client.request(
        operation.method,
        path or operation.url(),
        params=operation.needed() | (query or {}),
        headers=sent | (headers or {}),
        **more,
    )
