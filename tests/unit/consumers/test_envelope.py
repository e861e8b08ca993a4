"""What a message looks like on Kafka, read by ourselves and by the CloudEvents library."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event

from consumers import topics
from consumers.envelope import Malformed, decode, encode, encode_checkpoint, published, stored
from domain.catalogue import CONTRACTS
from domain.ledger.checkpoints import Stored
from domain.message import Message

pytestmark = pytest.mark.unit

MESSAGE = Message(
    recipient="cpi",
    seq=42,
    kind="fact",
    log_epoch=uuid4(),
    event_id=UUID("01920000-0000-7000-8000-000000000001"),
    case_id=uuid4(),
    version=7,
    type="adi.case.patto_signed.v1",
    occurred_on=date(2025, 3, 3),
    recorded_at=datetime(2025, 3, 4, 9, 30, 0, 125, UTC),
    agency="servizio-sociale",
    ground="own_line",
    data={"patto_id": str(uuid4()), "note": "perché no"},
)


def test_a_message_comes_back_as_it_went():
    for message in (MESSAGE, replace(MESSAGE, occurred_on=None), replace(MESSAGE, data={})):
        record = encode(message, "058-rm1")
        assert decode(record.headers, record.value) == message


def test_another_library_reads_the_same_event():
    record = encode(MESSAGE, "058-rm1")
    event = from_binary_event(KafkaMessage(dict(record.headers), record.key, record.value))
    assert event.get_specversion() == "1.0"
    assert event.get_id() == f"cpi-{MESSAGE.event_id}"
    assert event.get_source() == "/ambito/058-rm1/adi"
    assert event.get_type() == "it.ambito.adi.case.patto-signed.v1"
    assert event.get_subject() == f"case/{MESSAGE.case_id}"
    assert event.get_time() == MESSAGE.recorded_at
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == MESSAGE.data
    assert event.get_extension("partitionkey") == str(MESSAGE.case_id) == record.key.decode()
    assert event.get_extension("sequence") == "00000000000000000042"
    assert event.get_extension("occurredon") == "2025-03-03"
    assert event.get_extension("kind") == "fact"


def test_another_library_reads_a_checkpoint_and_its_note_is_as_it_was_signed():
    made = Stored(7, uuid4(), 1024, bytes(32), "a\n1024\nroot\n\n— a signature\n", MESSAGE.recorded_at)
    record = encode_checkpoint(made, "058-rm1")
    event = from_binary_event(KafkaMessage(dict(record.headers), record.key, record.value))
    assert event.get_id() == f"{made.log_epoch}-1024"
    assert event.get_source() == "/ambito/058-rm1/adi"
    assert event.get_type() == "it.ambito.adi.log.checkpoint-signed.v1"
    assert event.get_time() == made.made_at
    assert event.get_datacontenttype() == "text/plain; charset=utf-8"
    assert event.get_data() in (made.note, made.note.encode())
    assert event.get_extension("logepoch") == str(made.log_epoch) == record.key.decode()
    assert event.get_extension("sequence") == "00000000000000000007"


def test_no_two_rows_have_the_same_id():
    shown = [
        (kind, event_id) for event_id in (uuid4(), uuid4()) for kind in ("fact", "withdrawn", "backfill")
    ]
    shown += [("withdrawn", shown[0][1]), ("backfill", shown[0][1])]
    rows = [
        replace(MESSAGE, recipient=recipient, seq=seq, kind=kind, event_id=event_id)
        for recipient in ("cpi", "ust")
        for seq, (kind, event_id) in enumerate(shown, start=1)
    ]
    ids = [dict(encode(row, "058").headers)["ce_id"] for row in rows]
    assert len(set(ids)) == len(rows)


def test_there_is_always_a_value_for_none_would_delete():
    assert encode(replace(MESSAGE, kind="withdrawn", data={}), "058").value == b"{}"


def test_every_fact_has_a_published_name_of_its_own_that_leads_back():
    names = [contract.stored_name for contract in CONTRACTS.values()]
    assert len({published(name) for name in names}) == len(names)
    assert [stored(published(name)) for name in names] == names


def test_a_header_that_is_not_known_is_left_aside():
    record = encode(MESSAGE, "058")
    headers = [*record.headers, ("ce_traceparent", b"00-\xff"), ("x-anything", b"")]
    assert decode(headers, record.value) == MESSAGE


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_sequence", b"many"),
        ("ce_eventid", b"not-a-uuid"),
        ("ce_kind", b"rumour"),
        ("ce_time", b"2025-03-04T09:30:00"),
        ("ce_type", b"com.example.other.v1"),
        ("ce_agency", b"\xff"),
        ("ce_partitionkey", None),
    ],
)
def test_a_wrong_header_is_named_and_its_value_is_not(header: str, value: bytes | None):
    headers = [(name, v) for name, v in encode(MESSAGE, "058").headers if name != header]
    if value is not None:
        headers.append((header, value))
    with pytest.raises(Malformed) as raised:
        decode(headers, b"{}")
    assert raised.value.header == header
    assert raised.value.__cause__ is None
    assert value is None or value.decode(errors="replace") not in str(raised.value).split(": ", 1)[1]


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"null"])
def test_a_body_that_is_no_object_is_malformed(value: Any):
    with pytest.raises(Malformed) as raised:
        decode(encode(MESSAGE, "058").headers, value)
    assert raised.value.header == "value"


def test_a_name_that_could_reach_into_another_topic_is_no_code():
    assert topics.topic("058-rm1", "asl-serd") == "adi.058-rm1.asl-serd.v1"
    for code in ("cpi.ust", "", "CPI", "cpi\n", "*"):
        with pytest.raises(ValueError, match="a code has"):
            topics.topic("058-rm1", code)
