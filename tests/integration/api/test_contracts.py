"""Schemas and the AsyncAPI document over REST."""

from __future__ import annotations

import pytest

from domain.fact import KINDS
from domain.published.frozen import by_file
from tests.integration.api.office import BASE, RECIPIENTS, Register

pytestmark = pytest.mark.integration

FILE = "it.ambito.adi.case.patto-signed.v1.0.json"


def test_every_frozen_schema_is_served_as_it_is_without_a_token_and_once_for_ever(register: Register) -> None:
    for file, schema in by_file().items():
        answer = register.client.get(f"/schemas/{file}")
        assert (answer.status_code, answer.content) == (200, schema.text)
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["etag"] == f'"{schema.digest}"'
    etag = register.client.get(f"/schemas/{FILE}").headers["etag"]
    answer = register.client.get(f"/schemas/{FILE}", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert answer.headers["cache-control"].endswith("immutable")


def test_what_is_no_schema_is_not_found_and_not_remembered(register: Register) -> None:
    for file in ("it.ambito.adi.case.patto-signed.v9.0.json", "SHA256SUMS", "__init__.py"):
        answer = register.client.get(f"/schemas/{file}")
        assert (answer.status_code, answer.json()["rule"]) == (404, "UNKNOWN")
        assert answer.headers["cache-control"] == "no-store"
    for path in ("..%2f__init__.py", "../names.py", "%2e%2e/names.py", "a/b"):
        assert register.client.get(f"/schemas/{path}").status_code == 404


def test_whoever_has_a_token_reads_of_the_topics_and_nobody_else_does(register: Register) -> None:
    assert register.client.get(f"{BASE}/asyncapi.json").status_code == 401
    for agency in KINDS:
        answer = register.office(agency, role="machine").get("/asyncapi.json")
        assert answer.status_code == 200, agency
    document = answer.json()
    assert document["channels"].keys() == {*RECIPIENTS, "checkpoints"}
    assert document["servers"]["kafka"]["host"] == "broker.example:9093"
    assert answer.headers["cache-control"] == "no-store"
