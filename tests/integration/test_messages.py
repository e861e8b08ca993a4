"""Every message of a log, of every kind: it fits the schema that it names, and another library reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from jsonschema_rs import Draft202012Validator

from consumers.envelope import KINDS, decode, encode
from domain.contract import Json
from domain.message import Message
from domain.published.frozen import by_file, schema_of
from tests.integration.test_discloser import RECIPIENTS, Register
from tests.integration.test_erasure import FIRST, disclose, erase, lived, register
from tests.unit.disclosure.story import ANNA, correction

pytestmark = pytest.mark.integration

__all__ = ["register"]


@pytest.fixture
def messages(register: Register) -> list[Message]:
    """All that several recipients were shown of a case, with corrections, withdrawals and an erasure."""
    lived(register)
    register.tell(correction(register.log.facts(FIRST)[0], residence_comune="058047"), case=FIRST)
    disclose(register)
    erase(register, ANNA)
    disclose(register)
    return [message for recipient in RECIPIENTS for message in register.messages(recipient)]


def test_every_message_of_every_kind_fits_the_schema_that_it_names(messages):
    assert {message.kind for message in messages} == KINDS
    shown = {}
    for message in messages:
        schema = schema_of(message)
        assert schema is not None
        judge = Draft202012Validator(schema.schema, validate_formats=True)
        assert [str(error.instance_path) for error in judge.iter_errors(dict(message.data))] == []
        if message.kind in ("fact", "backfill"):
            shown[message.event_id] = schema.schema
        if message.kind == "correction":
            assert list(wrong_in(message.data, shown[UUID(message.data["corrects_event_id"])])) == []
    assert "{'erased': True}" in str([message.data for message in messages])


def wrong_in(correction: Any, of_the_fact: Json) -> Iterator[str]:
    """The new values that do not fit the schema of the fact that is corrected."""
    values = {name: value for name, value in correction.get("new_value", {}).items() if value is not None}
    judge = Draft202012Validator(of_the_fact, validate_formats=True)
    yield from (str(error.instance_path) for error in judge.iter_errors(values))


def test_every_message_of_every_kind_is_read_by_another_library(messages):
    for message in messages:
        record = encode(message, "058", "https://register.example")
        event = from_binary_event(KafkaMessage(dict(record.headers), record.key, record.value))
        schema = event.get_dataschema().rpartition("/")[2]
        assert by_file()[schema] == schema_of(message)
        assert event.get_data() == message.data and event.get_time() == message.recorded_at
        assert event.get_extension("kind") == message.kind
        assert event.get_extension("eventid") == str(message.event_id)
        assert decode(record.headers, record.value) == message
