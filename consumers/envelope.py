"""A message as a Kafka record: CloudEvents 1.0, Kafka binding, binary mode.

``ce_source`` and ``ce_id`` together are unique per row of ``disclosed``. The event id alone is not, for one
fact goes to several recipients, each with its own fields, and may come again as a backfill. It is therefore
``<recipient>-<event id>`` for a fact, which is sent to a recipient once, and
``<recipient>-<event id>-<seq>`` for the other kinds. The event id itself is ``ce_eventid``.

``ce_type`` is what agencies program against: a contract of its own, not the name in our log. Its schema is
named by ``ce_dataschema``: the last minor of the message's major.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple, TypeVar, get_args
from uuid import UUID

import orjson

from domain.contract import instant
from domain.ledger.checkpoints import Stored
from domain.message import Kind, Message
from domain.published.frozen import schema_of
from domain.published.names import published, stored

CHECKPOINT_SIGNED = "it.ambito.adi.log.checkpoint-signed.v1"
SOURCE = re.compile(rb"/ambito/([a-z0-9-]+)/adi")
KINDS = frozenset(get_args(Kind))

T = TypeVar("T")


class Malformed(ValueError):
    """A record that is not one of ours. ``header`` names what is wrong (``value``: the body)."""

    def __init__(self, header: str, because: str) -> None:
        super().__init__(f"{header}: {because}")
        self.header = header


class Record(NamedTuple):
    """What goes into one Kafka record."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def encode(message: Message, ambito: str, public_url: str = "") -> Record:
    """The record of a message of an Ambito (its code), whose API answers at ``public_url``."""
    case_id = str(message.case_id)
    attributes = {
        "specversion": "1.0",
        "id": _id(message),
        "source": f"/ambito/{ambito}/adi",
        "type": published(message.type),
        "subject": f"{message.type.split('.')[1]}/{case_id}",
        "time": instant(message.recorded_at),
        "partitionkey": case_id,
        "sequence": f"{message.seq:020}",
        "recipient": message.recipient,
        "kind": message.kind,
        "logepoch": str(message.log_epoch),
        "eventid": str(message.event_id),
        "caseversion": str(message.version),
        "agency": message.agency,
        "ground": message.ground,
    }
    if schema := schema_of(message):
        attributes["dataschema"] = f"{public_url}/schemas/{schema.file}"
    if message.occurred_on is not None:
        attributes["occurredon"] = message.occurred_on.isoformat()
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    # Never an empty value: on a compacted topic that would delete.
    value = orjson.dumps(dict(message.data))
    return Record(case_id.encode(), value, [("content-type", b"application/json"), *headers])


def encode_checkpoint(checkpoint: Stored, ambito: str) -> Record:
    """The record of a checkpoint: its note as it was signed, which says all that has to be believed."""
    epoch = str(checkpoint.log_epoch)
    attributes = {
        "specversion": "1.0",
        "id": f"{epoch}-{checkpoint.size}",
        "source": f"/ambito/{ambito}/adi",
        "type": CHECKPOINT_SIGNED,
        "subject": f"log/{epoch}",
        "time": instant(checkpoint.made_at),
        "partitionkey": epoch,
        "sequence": f"{checkpoint.number:020}",
        "logepoch": epoch,
    }
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return Record(
        epoch.encode(), checkpoint.note.encode(), [("content-type", b"text/plain; charset=utf-8"), *headers]
    )


def decode(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Message:
    """The message of a record; headers that this version does not know are left aside. Raises Malformed."""
    given = dict(headers)

    def read(name: str, reader: Callable[[str], T]) -> T:
        raw = given.get(name)
        if raw is None:
            raise Malformed(name, "is missing")
        try:
            return reader(raw.decode())
        except ValueError:
            raise Malformed(name, "does not read") from None

    if read("ce_specversion", str) != "1.0":
        raise Malformed("ce_specversion", "is not 1.0")
    return Message(
        recipient=read("ce_recipient", str),
        seq=read("ce_sequence", _seq),
        kind=read("ce_kind", _kind),
        log_epoch=read("ce_logepoch", UUID),
        event_id=read("ce_eventid", UUID),
        case_id=read("ce_partitionkey", UUID),
        version=read("ce_caseversion", int),
        type=read("ce_type", stored),
        occurred_on=read("ce_occurredon", date.fromisoformat) if "ce_occurredon" in given else None,
        recorded_at=read("ce_time", _instant),
        agency=read("ce_agency", str),
        ground=read("ce_ground", str),
        data=_data(value),
    )


def ambito(headers: Iterable[tuple[str, bytes]]) -> str:
    """The code of the Ambito that a record says it comes from; empty where it says something else."""
    source = dict(headers).get("ce_source", b"")
    found = SOURCE.fullmatch(source)
    return found[1].decode() if found else ""


def _id(message: Message) -> str:
    fact = f"{message.recipient}-{message.event_id}"
    return fact if message.kind == "fact" else f"{fact}-{message.seq}"


def _kind(text: str) -> Kind:
    if text not in KINDS:
        raise ValueError
    return text  # type: ignore[return-value]


def _seq(text: str) -> int:
    seq = int(text)
    if not 0 < seq < 2**63:
        raise ValueError
    return seq


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _data(value: bytes | None) -> dict[str, object]:
    try:
        data = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        # Not chained: the decoder's error repeats the document.
        raise Malformed("value", "is not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("value", "is not an object")
    return data
