"""What a recipient is sent: a fact cut down to what it may know, in a number of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

from domain.contract import Json, instant

Kind = Literal["fact", "backfill", "correction", "withdrawn", "erasure"]
"""``backfill``: an earlier fact that a new ground opens. ``correction``: an EventCorrected of something the
recipient was shown. ``withdrawn``: a fact shown on a ground that proved wrong; its data is empty.
``erasure``: the values of an erased person in what the recipient has, to be masked where they stand; its data
is ``{"erased": [{"event_id", "paths"}]}``, the paths those of each fact as the recipient has it now."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row of ``disclosed``, in clear. ``seq`` is gapless per recipient; a larger one is later.

    ``type`` is what the fact is published as (``adi.case.patto_signed.v1``: its name in the log, with the
    major of its published schema), ``version`` that of its case.
    A value whose key was destroyed reads ``{"erased": true}``.
    """

    recipient: str
    seq: int
    kind: Kind
    log_epoch: UUID
    event_id: UUID
    case_id: UUID
    version: int
    type: str
    occurred_on: date | None
    recorded_at: datetime
    agency: str
    ground: str
    data: Mapping[str, Json]

    def to_json(self) -> dict[str, Json]:
        """The message as plain JSON, as the feed serves it."""
        return {
            "recipient": self.recipient,
            "seq": self.seq,
            "kind": self.kind,
            "log_epoch": str(self.log_epoch),
            "event_id": str(self.event_id),
            "case_id": str(self.case_id),
            "version": self.version,
            "type": self.type,
            "occurred_on": self.occurred_on.isoformat() if self.occurred_on else None,
            "recorded_at": instant(self.recorded_at),
            "agency": self.agency,
            "ground": self.ground,
            "data": dict(self.data),
        }

    @staticmethod
    def from_json(json: Mapping[str, Json]) -> Message:
        """The message that :meth:`to_json` wrote. Fields that this version does not know are left aside.

        Raises KeyError, TypeError or ValueError for what is none.
        """
        day = json.get("occurred_on")
        if type(json["seq"]) is not int or type(json["version"]) is not int:
            raise TypeError
        return Message(
            recipient=json["recipient"],
            seq=json["seq"],
            kind=json["kind"],
            log_epoch=UUID(json["log_epoch"]),
            event_id=UUID(json["event_id"]),
            case_id=UUID(json["case_id"]),
            version=json["version"],
            type=json["type"],
            occurred_on=date.fromisoformat(day) if day else None,
            recorded_at=datetime.fromisoformat(json["recorded_at"]),
            agency=json["agency"],
            ground=json["ground"],
            data=json["data"],
        )

    @staticmethod
    def placed(json: Mapping[str, Json]) -> Message:
        """Where a message stands of which nothing more can be read: its type is empty, and so are its data.

        Raises KeyError, TypeError or ValueError where not even that can be read.
        """
        if type(json["seq"]) is not int or type(json["recipient"]) is not str:
            raise TypeError
        return Message(
            recipient=json["recipient"],
            seq=json["seq"],
            kind="fact",
            log_epoch=UUID(json["log_epoch"]),
            event_id=UUID(json["event_id"]),
            case_id=UUID(json["case_id"]),
            version=0,
            type="",
            occurred_on=None,
            recorded_at=datetime.fromtimestamp(0, UTC),
            agency="",
            ground="",
            data={},
        )


def last_words(messages: Iterable[Message]) -> list[Message]:
    """The last word on each fact, by version; what was withdrawn is gone, what was erased reads so."""
    last = {message.event_id: message for message in messages}
    standing = (message for message in last.values() if message.kind not in ("withdrawn", "erasure"))
    return sorted(standing, key=lambda message: message.version)
