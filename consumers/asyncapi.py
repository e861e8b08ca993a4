"""The AsyncAPI document, made from the code: a channel for each recipient, its messages, their headers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from consumers.envelope import CHECKPOINT_SIGNED
from consumers.topics import CHECKPOINTS, topic
from domain.catalogue import CONTRACTS
from domain.contract import Json
from domain.fact import kind
from domain.message import Kind
from domain.published.frozen import Frozen, latest_by_name
from domain.published.names import WITHDRAWN, published
from domain.published.schema import DEFS, told

TITLE = "Registro dell'Ambito: fatti dell'Assegno di Inclusione, per destinatario"
VERSION = "1.0.0"
BINDING = "0.5.0"
"""The version of AsyncAPI's Kafka bindings."""

DESCRIPTION = """\
Each recipient has a topic of its own, with one partition, which it alone may read: CloudEvents 1.0 in Kafka's
binary mode, in the order of `ce_sequence`, without gaps. A message is a fact as this recipient may know it,
and names the JSON Schema of its data. Read it tolerantly: leave aside fields that the schema does not have,
and take a code that is in no `enum` for one that came later."""

SPECIAL = {
    "adi.case.event_corrected": "correction",
    "adi.case.personal_data_erased": "erasure",
    WITHDRAWN: "withdrawn",
}
"""What is no fact: a kind of message each, which any recipient may be sent."""

UUID: Json = {"type": "string", "format": "uuid"}
NUMBER: Json = {"type": "string", "pattern": "^[0-9]{20}$"}

OF_ALL: dict[str, Json] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "description": "Unique for its source: of a repeat, the same."},
    "ce_source": {"type": "string", "format": "uri-reference"},
    "ce_type": {"type": "string", "description": "What it says, with the major of its schema."},
    "ce_subject": {"type": "string"},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it was recorded."},
    "ce_partitionkey": {**UUID, "description": "Also the key of the record."},
    "ce_sequence": {**NUMBER, "description": "The next one is one more, else something is missing."},
    "ce_logepoch": {**UUID, "description": "Another one: the log was restored, read the feed from 0."},
}
"""The headers of every record."""

OF_A_MESSAGE: dict[str, Json] = OF_ALL | {
    "ce_dataschema": {"type": "string", "format": "uri", "description": "The JSON Schema of the data."},
    "ce_recipient": {"type": "string"},
    "ce_kind": {"type": "string", "enum": list(get_args(Kind))},
    "ce_eventid": {**UUID, "description": "The fact, or the correction or erasure of one."},
    "ce_caseversion": {"type": "string", "pattern": "^[0-9]+$", "description": "That of the case."},
    "ce_agency": {"type": "string", "description": "Who recorded it, as the recipient may know."},
    "ce_ground": {"type": "string", "description": "Why the recipient is shown it."},
    "ce_occurredon": {"type": "string", "format": "date", "description": "The day of the fact."},
}

OPTIONAL = frozenset({"ce_dataschema", "ce_occurredon"})


def document(ambito: str, bootstrap: str | None, recipients: Iterable[str]) -> dict[str, Any]:
    """The document of an Ambito (its code); without a broker it names no server."""
    recipients = sorted(recipients)
    servers = {"kafka": _server(bootstrap)} if bootstrap else {}
    schemas = latest_by_name()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "EUPL-1.2", "url": "https://spdx.org/licenses/EUPL-1.2.html"},
        },
        "defaultContentType": "application/json",
        "servers": servers,
        "channels": {
            CHECKPOINTS: _channel(
                ambito, CHECKPOINTS, "The log's signed checkpoints, for all.", [CHECKPOINT]
            ),
            **{who: _channel(ambito, who, f"What {who} may know.", _messages(who)) for who in recipients},
        },
        "operations": {
            f"send_{who}": {"action": "send", "channel": {"$ref": f"#/channels/{who}"}}
            for who in (CHECKPOINTS, *recipients)
        },
        "components": {
            "messages": {_key(each.name): _message(each) for each in schemas.values()}
            | {CHECKPOINT: _checkpoint()},
            "schemas": {_key(each.name): _inline(each) for each in schemas.values()}
            | {
                "headers": _headers(OF_A_MESSAGE),
                "checkpoint_headers": _headers(OF_ALL),
                "erased": DEFS["erased"],
            },
            "securitySchemes": {
                "scram": {"type": "scramSha512", "description": "A user for each recipient."}
            },
        },
    }


def _server(bootstrap: str) -> Json:
    return {
        "host": bootstrap.split(",")[0],
        "protocol": "kafka-secure",
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel(ambito: str, reader: str, summary: str, messages: Iterable[str]) -> Json:
    address = topic(ambito, reader)
    return {
        "address": address,
        "summary": summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"topic": address, "partitions": 1, "bindingVersion": BINDING}},
    }


def _messages(recipient: str) -> Iterator[str]:
    """What a recipient may be sent: the facts with a cell of its kind, and what follows on any of them."""
    for contract in CONTRACTS.values():
        if told(contract, kind(recipient)):
            yield _key(contract.name)
    yield from map(_key, SPECIAL)


CHECKPOINT = "log.checkpoint-signed"


def _key(name: str) -> str:
    """``case.patto-signed`` for ``adi.case.patto_signed``."""
    return published(name).removeprefix(published(""))


def _message(schema: Frozen) -> Json:
    of = SPECIAL.get(schema.name)
    type_ = {} if schema.name == WITHDRAWN else {"ce_type": {"const": published(schema.type)}}
    own = type_ | {"ce_kind": {"const": of} if of else {"enum": ["fact", "backfill"]}}
    return {
        "name": _key(schema.name) if schema.name == WITHDRAWN else published(schema.type),
        "title": schema.schema["title"],
        "summary": schema.schema["description"],
        "headers": {"allOf": [{"$ref": "#/components/schemas/headers"}, {"properties": own}]},
        "payload": {"$ref": f"#/components/schemas/{_key(schema.name)}"},
        "bindings": {"kafka": {"key": UUID, "bindingVersion": BINDING}},
    }


def _checkpoint() -> Json:
    own = {"ce_type": {"const": CHECKPOINT_SIGNED}}
    return {
        "name": CHECKPOINT_SIGNED,
        "title": "Checkpoint",
        "contentType": "text/plain; charset=utf-8",
        "headers": {"allOf": [{"$ref": "#/components/schemas/checkpoint_headers"}, {"properties": own}]},
        "payload": {"type": "string", "description": "A signed note of C2SP."},
        "bindings": {"kafka": {"key": UUID, "bindingVersion": BINDING}},
    }


def _headers(headers: dict[str, Json]) -> Json:
    required = [name for name in headers if name not in OPTIONAL]
    return {"type": "object", "properties": headers, "required": required}


def _inline(schema: Frozen) -> Json:
    """A frozen schema inside the document, whose own dialect it is valid in too."""
    told_of = {name: each for name, each in schema.schema.items() if name not in ("$schema", "$id", "$defs")}
    return json.loads(json.dumps(told_of).replace("#/$defs/", "#/components/schemas/"))
