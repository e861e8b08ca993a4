"""Which messages a recipient parks unread, and by which rule."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.message import Message
from domain.published.frozen import latest_by_name
from projections.barred import UNKNOWN_KIND, UNKNOWN_MAJOR, WRONG_SCHEMA, barred

MESSAGE = Message(
    recipient="cpi",
    seq=1,
    kind="fact",
    log_epoch=UUID(int=1),
    event_id=UUID(int=2),
    case_id=UUID(int=3),
    version=1,
    type="adi.case.case_referred.v1",
    occurred_on=None,
    recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    agency="servizio-sociale",
    ground="referred_member",
    data={"benefit": "ADI"},
)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({}, None),
        ({"kind": "erasure", "data": {"erased": []}}, None),
        ({"kind": "amnesia"}, UNKNOWN_KIND),
        ({"type": "adi.case.case_referred.v9"}, UNKNOWN_MAJOR),
        ({"type": "adi.case.never_heard_of.v9"}, None),
        ({"type": "adi.case.case_referred"}, WRONG_SCHEMA),
        ({"type": "adi.case.case_referred.v0"}, WRONG_SCHEMA),
        ({"type": "org.example.other.v1"}, WRONG_SCHEMA),
        ({"data": ["ADI"]}, WRONG_SCHEMA),
        ({"data": None}, WRONG_SCHEMA),
        ({"data": {"benefit": 7}}, WRONG_SCHEMA),
        ({"data": {"referred_on": "soon"}}, WRONG_SCHEMA),
        ({"data": {"benefit": "A_LAW_TO_COME", "colour": "red"}}, None),
        ({"kind": "withdrawn", "data": {}}, None),
        (
            {"kind": "correction", "type": "adi.case.event_corrected.v1", "data": {"voids": True}},
            WRONG_SCHEMA,
        ),
    ],
)
def test_a_rule_bars_what_this_version_cannot_read(given: dict[str, Any], rule: str | None) -> None:
    assert barred(replace(MESSAGE, **given)) == rule


def test_every_version_that_this_one_has_written_is_read() -> None:
    for schema in latest_by_name().values():
        nothing_shown = replace(MESSAGE, type=schema.type, data={})
        assert barred(nothing_shown) == (WRONG_SCHEMA if "required" in schema.schema else None)
        assert barred(replace(nothing_shown, type=f"{schema.name}.v{schema.major + 1}")) == UNKNOWN_MAJOR


def test_a_message_that_only_tells_where_it_stands_is_parked_there() -> None:
    placed = Message.placed(MESSAGE.to_json())
    assert (placed.seq, placed.case_id, placed.event_id) == (1, UUID(int=3), UUID(int=2))
    assert barred(placed) == WRONG_SCHEMA
    with pytest.raises(TypeError):
        Message.placed(MESSAGE.to_json() | {"seq": "1"})
