"""The AsyncAPI document: valid, and of the topics, messages and headers that there are."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema_rs import Draft7Validator, Draft202012Validator

from consumers.asyncapi import OF_A_MESSAGE, OF_ALL, document
from consumers.envelope import encode, encode_checkpoint
from consumers.topics import topic
from domain.catalogue import CONTRACTS
from domain.fact import kind
from domain.ledger.checkpoints import Stored
from domain.published.frozen import latest_by_name
from domain.published.names import published
from domain.published.schema import told
from tests.unit.consumers.test_envelope import MESSAGE
from tests.unit.disclosure.story import RECIPIENTS

pytestmark = pytest.mark.unit

OFFICIAL = json.loads((Path(__file__).parent / "asyncapi/3.0.0.json").read_text(encoding="utf-8"))
"""The JSON Schema of AsyncAPI 3.0.0, as `@asyncapi/specs` 6.11.1 (Apache-2.0, beside it) has it."""

DOCUMENT: Any = document("058", "broker.example:9093,other.example:9093", RECIPIENTS)


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_the_document_is_valid_asyncapi():
    assert [error.message for error in Draft7Validator(OFFICIAL).iter_errors(DOCUMENT)] == []
    assert Draft7Validator(OFFICIAL).is_valid(document("058", None, ()))


@pytest.mark.parametrize(
    "wrong",
    [{"channels": []}, {"asyncapi": "2.6.0"}, {"operations": {"x": {"action": "shout"}}}, {"info": {}}],
)
def test_a_control_that_is_no_asyncapi_is_found(wrong):
    assert not Draft7Validator(OFFICIAL).is_valid(DOCUMENT | wrong)


def test_every_reference_leads_somewhere():
    for reference in references(DOCUMENT):
        assert resolved(reference), reference


def test_every_recipient_has_its_topic_and_all_have_the_checkpoints():
    addresses = {name: channel["address"] for name, channel in DOCUMENT["channels"].items()}
    assert addresses == {who: topic("058", who) for who in (*RECIPIENTS, "checkpoints")}
    assert {each["channel"]["$ref"].rpartition("/")[2] for each in DOCUMENT["operations"].values()} == set(
        addresses
    )
    assert {each["action"] for each in DOCUMENT["operations"].values()} == {"send"}


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_a_channel_has_the_facts_with_a_cell_of_its_recipient_and_what_may_follow_on_them(recipient):
    facts = {published(each.name) for each in CONTRACTS.values() if told(each, kind(recipient))}
    special = {"case.event-corrected", "case.personal-data-erased", "withdrawn"}
    messages = set(DOCUMENT["channels"][recipient]["messages"])
    assert messages == {name.removeprefix("it.ambito.adi.") for name in facts} | special


def test_no_channel_has_a_fact_of_the_access_log():
    assert "access" not in {name.partition(".")[0] for name in DOCUMENT["components"]["messages"]}


def test_a_payload_is_the_frozen_schema():
    for schema in latest_by_name().values():
        inlined = json.dumps(resolved(f"#/components/schemas/{key(schema.name)}"), sort_keys=True)
        own = {n: each for n, each in schema.schema.items() if n not in ("$schema", "$id", "$defs")}
        assert inlined.replace("#/components/schemas/", "#/$defs/") == json.dumps(own, sort_keys=True)


def key(name: str) -> str:
    return published(name).removeprefix("it.ambito.adi.")


def headers_of(record: Any) -> dict[str, str]:
    told_of = {name: value.decode() for name, value in record.headers}
    del told_of["content-type"]
    return told_of


def fits(message: str, headers: dict[str, str]) -> bool:
    schema = DOCUMENT["components"]["messages"][message]["headers"] | {"components": DOCUMENT["components"]}
    return Draft202012Validator(schema, validate_formats=True).is_valid(headers)


@pytest.mark.parametrize("day", [MESSAGE.occurred_on, None])
@pytest.mark.parametrize(
    ("message", "changes"),
    [
        ("case.patto-signed", {}),
        ("case.patto-signed", {"kind": "backfill"}),
        ("withdrawn", {"kind": "withdrawn"}),
        ("case.event-corrected", {"kind": "correction", "type": "adi.case.event_corrected.v1"}),
        ("case.personal-data-erased", {"kind": "erasure", "type": "adi.case.personal_data_erased.v1"}),
    ],
)
def test_the_headers_of_a_message_of_every_kind_are_those_of_the_document(message, changes, day):
    record = encode(replace(MESSAGE, occurred_on=day, **changes), "058", "https://register.example")
    headers = headers_of(record)
    assert headers.keys() | {"ce_occurredon"} == OF_A_MESSAGE.keys()
    assert fits(message, headers)
    others = {"case.patto-signed", "withdrawn", "case.event-corrected", "case.benefit-granted"} - {message}
    assert not any(fits(other, headers) for other in others)


def test_the_headers_of_a_checkpoint_are_those_of_the_document():
    made = Stored(7, uuid4(), 1024, bytes(32), "a\n1024\nroot\n\n— a signature\n", MESSAGE.recorded_at)
    headers = headers_of(encode_checkpoint(made, "058"))
    assert headers.keys() == OF_ALL.keys() and fits("log.checkpoint-signed", headers)


def test_a_message_names_its_schema_by_an_absolute_address():
    headers = headers_of(encode(MESSAGE, "058", "https://register.example"))
    file = latest_by_name()["adi.case.patto_signed"].file
    assert headers["ce_dataschema"] == f"https://register.example/schemas/{file}"
    assert re.search(r"\.v1\.\d+\.json$", file) and file.startswith(headers["ce_type"])


def test_a_message_of_a_type_that_is_not_published_names_no_schema():
    record = encode(replace(MESSAGE, type="adi.case.patto_signed.v99"), "058")
    assert "ce_dataschema" not in headers_of(record)


def test_the_broker_is_named_where_there_is_one_and_its_security_with_it():
    server = DOCUMENT["servers"]["kafka"]
    assert (server["host"], server["protocol"]) == ("broker.example:9093", "kafka-secure")
    assert resolved(server["security"][0]["$ref"])["type"] == "scramSha512"
    assert document("058", None, ())["servers"] == {}
