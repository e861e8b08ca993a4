"""A small consumer that conforms, with the adapter that the suite drives: an example to start from.

It keeps everything in one file of JSON, which it replaces as a whole after each batch: position and rows move
together or not at all. ``python -m consumers.conformance.example`` is what the suite runs.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

KNOWN = {"adi.case.case_referred": 1, "adi.case.household_recorded": 1, "adi.case.event_corrected": 1}
"""The majors that this consumer reads; a type that is not here it keeps unread."""


class Example:
    """One recipient's consumer."""

    def __init__(self, told: dict[str, str]) -> None:
        self.told, self.file = told, Path(told["store"]) / "held.json"
        self.state: dict[str, Any] = {"epoch": None, "seq": 0, "facts": {}, "parked": []}
        if self.file.exists():
            self.state = json.loads(self.file.read_text())

    def deliver(self, messages: Sequence[Any]) -> None:
        """What the topic gives: repeats, gaps and all."""
        for message in messages:
            if not self.is_ours(message):
                continue
            if self.is_of_another_epoch(message):
                self.start_anew()
            if message["seq"] > self.state["seq"] + 1:
                self.heal()
            if self.is_next(message):
                self.take(message)
        self.save()

    def is_ours(self, message: Any) -> bool:
        return bool(message["recipient"] == self.told["recipient"])

    def is_of_another_epoch(self, message: Any) -> bool:
        known = self.state["epoch"]
        return known is not None and message["log_epoch"] != known and self.page(0)["log_epoch"] != known

    def is_next(self, message: Any) -> bool:
        return bool(message["seq"] == self.state["seq"] + 1)

    def start_anew(self) -> None:
        """The log was restored: everything is read again from the feed."""
        self.state = {"epoch": None, "seq": 0, "facts": {}, "parked": []}
        self.heal()

    def heal(self) -> None:
        """What is missing, from the feed."""
        while items := self.page(self.state["seq"])["items"]:
            for message in items:
                self.take(message)

    def page(self, after: int) -> Any:
        url = f"{self.told['feed']}/rest/adi/v1/feed?after={after}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.told['token']}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def take(self, message: Any) -> None:
        self.state["epoch"], self.state["seq"] = message["log_epoch"], message["seq"]
        name, _, major = message["type"].rpartition(".v")
        if message["kind"] == "erasure":
            self.erase(message["data"]["erased"])
        elif message["case_id"] in self.state["parked"] or int(major) > KNOWN.get(name, int(major)):
            self.state["parked"].append(message["case_id"])
        elif message["kind"] == "withdrawn":
            self.withdraw(message["event_id"])
        else:
            self.show(message)

    def show(self, message: Any) -> None:
        if message["kind"] == "correction":
            self.correct(message["data"])
        self.state["facts"][message["event_id"]] = message["data"]

    def correct(self, data: Any) -> None:
        facts, target = self.state["facts"], data["corrects_event_id"]
        if data["voids"]:
            self.drop(target)
        elif target in facts:
            facts[target] = facts[target] | data["new_value"]

    def withdraw(self, event_id: str) -> None:
        self.drop(event_id)

    def drop(self, event_id: str) -> None:
        facts = self.state["facts"]
        self.state["facts"] = {
            each: data
            for each, data in facts.items()
            if each != event_id and data.get("corrects_event_id") != event_id
        }

    def erase(self, named: Sequence[Any]) -> None:
        for each in named:
            data = self.state["facts"].get(each["event_id"])
            for path in each["paths"]:
                mask(data, path.replace("[", ".").replace("]", "").split("."))

    def save(self) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.state))
        os.replace(new, self.file)

    def holds(self) -> Any:
        facts = [{"event_id": each, "data": data} for each, data in self.state["facts"].items()]
        return {"seq": self.state["seq"], "facts": facts}


def mask(data: Any, steps: Sequence[str]) -> None:
    """Mask a value where it stands: ``members.0.name`` leads to it, through objects and lists."""
    for step in steps[:-1]:
        data = data and (data[int(step)] if isinstance(data, list) else data.get(step))
    if data:
        data[int(steps[-1]) if isinstance(data, list) else steps[-1]] = {"erased": True}


def main() -> None:
    consumer: Example | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer: Any = {}
        if asked["do"] in ("begin", "resume"):
            consumer = Example(asked)
        elif consumer is not None and asked["do"] == "deliver":
            consumer.deliver(asked["messages"])
        elif consumer is not None:
            answer = consumer.holds()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
