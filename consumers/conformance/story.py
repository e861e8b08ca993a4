"""The messages of the scenarios: invented, numbered, as the feed serves them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from domain.contract import Json

RECIPIENT, AMBITO = "cpi", "conformance"

REFERRED, HOUSEHOLD = "adi.case.case_referred.v1", "adi.case.household_recorded.v1"
CORRECTED, ERASED = "adi.case.event_corrected.v1", "adi.case.personal_data_erased.v1"


class Story:
    """What one Ambito sends in the course of a scenario."""

    def __init__(self, name: str) -> None:
        self._name, self._ids = name, count(1)
        self.epoch = self.id()
        self.messages: list[Json] = []

    def id(self) -> str:
        """A new id, the same in each run."""
        return str(uuid5(NAMESPACE_URL, f"{self._name}/{next(self._ids)}"))

    def fact(self, case: str, data: Json | None = None, **given: Any) -> Json:
        """One more message; a referral, where nothing else is given."""
        seq = len(self.messages) + 1
        message = {
            "recipient": RECIPIENT,
            "seq": seq,
            "kind": "fact",
            "log_epoch": self.epoch,
            "event_id": self.id(),
            "case_id": case,
            "version": seq,
            "type": REFERRED,
            "occurred_on": "2026-01-05",
            "recorded_at": "2026-01-05T09:00:00.000000Z",
            "agency": "servizio-sociale",
            "ground": "referred_member",
            "data": data or {"benefit": "ADI", "referred_on": "2026-01-05"},
        }
        self.messages.append(message | given)
        return self.messages[-1]

    def household(self, case: str) -> Json:
        """A fact with values that are personal."""
        members = [{"name": "Uno", "surname": "Inventato"}, {"name": "Due", "surname": "Inventato"}]
        return self.fact(case, {"members": members, "source": "ANPR"}, type=HOUSEHOLD)

    def correction(self, of: Json, new_value: Json | None = None) -> Json:
        """Corrects a fact field by field; without a new value, it was never so."""
        data: dict[str, Any] = {"corrects_event_id": of["event_id"], "voids": new_value is None}
        if new_value is not None:
            data["new_value"] = new_value
        return self.fact(of["case_id"], data, kind="correction", type=CORRECTED, occurred_on=None)

    def again(self, of: Json, kind: str, data: Json) -> Json:
        """Another word on a fact that was sent: a backfill, a withdrawal."""
        kept = {name: of[name] for name in ("event_id", "type", "version")}
        message = self.fact(of["case_id"], **kept, kind=kind)
        message["data"] = data
        return message

    def erasure(self, case: str, named: Sequence[Json]) -> Json:
        """Values of who was erased, by the facts that they stand in."""
        return self.fact(case, {"erased": list(named)}, kind="erasure", type=ERASED)

    def restored(self, keep: int) -> None:
        """The log as a backup knew it: only so many messages were sent, under another epoch."""
        self.epoch = self.id()
        self.messages = [message | {"log_epoch": self.epoch} for message in self.messages[:keep]]
