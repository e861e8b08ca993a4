"""The suite for consumers: one that conforms passes, and each fault is found by the scenarios it should."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from consumers.conformance.example import Example
from consumers.conformance.port import Command, Ended, Given, Holding
from consumers.conformance.scenarios import SCENARIOS
from consumers.conformance.suite import run
from deploy.command import app


class InProcess:
    """The example, driven without a process; it dies after the first messages of a batch."""

    def __init__(self, kind: type[Example]) -> None:
        self._kind, self._folder = kind, TemporaryDirectory()
        self._told: dict[str, str] = {}

    def begin(self, given: Given) -> None:
        for file in Path(self._folder.name).iterdir():
            file.unlink()
        self._told = {
            "recipient": given.recipient,
            "feed": given.feed,
            "token": given.token,
            "store": self._folder.name,
        }
        self._consumer = self._kind(self._told)

    def deliver(self, messages: Sequence[Any]) -> None:
        try:
            self._consumer.deliver(messages)
        except Exception as error:
            raise Ended(type(error).__name__) from error

    def die(self, messages: Sequence[Any]) -> None:
        for message in messages[:7]:
            self._consumer.take(message)
        self._consumer = self._kind(self._told)

    def holds(self) -> Holding:
        told = self._consumer.holds()
        return Holding(told["seq"], told["facts"])

    def close(self) -> None:
        self._folder.cleanup()


def found(kind: type[Example]) -> set[str]:
    return {finding.scenario for finding in run(InProcess(kind), patience=0)}


def test_the_example_conforms() -> None:
    assert run(InProcess(Example), patience=0) == []


class Repeats(Example):
    def is_next(self, message: Any) -> bool:
        return bool(message["seq"] <= self.state["seq"] + 1)


class SkipsGaps(Example):
    def heal(self) -> None: ...

    def is_next(self, message: Any) -> bool:
        return bool(message["seq"] > self.state["seq"])

    def start_anew(self) -> None:
        super().start_anew()
        super().heal()


def refuses(scenario: str, reason: Callable[[Any], bool]) -> type[Example]:
    """One that ends at a message for this reason."""

    def take(self: Example, message: Any) -> None:
        if reason(message):
            raise ValueError
        Example.take(self, message)

    return type(scenario, (Example,), {"take": take})


class NoCorrections(Example):
    def correct(self, data: Any) -> None: ...


class NoErasures(Example):
    def erase(self, named: Sequence[Any]) -> None: ...


class NoWithdrawals(Example):
    def withdraw(self, event_id: str) -> None: ...


class WithdrawsTheFactAlone(Example):
    def withdraw(self, event_id: str) -> None:
        self.state["facts"].pop(event_id, None)


class VoidsTheFactAlone(Example):
    def correct(self, data: Any) -> None:
        if data["voids"]:
            self.state["facts"].pop(data["corrects_event_id"], None)
        else:
            super().correct(data)


class NoBackfills(Example):
    def show(self, message: Any) -> None:
        if message["kind"] != "backfill":
            super().show(message)


class OneEpoch(Example):
    def is_of_another_epoch(self, message: Any) -> bool:
        return False


class SavesThePositionFirst(Example):
    def take(self, message: Any) -> None:
        facts = self.state["facts"]
        self.state["seq"] = message["seq"]
        self.state["facts"] = dict(self.saved)
        self.save()
        self.state["facts"] = facts
        super().take(message)

    def save(self) -> None:
        super().save()
        self.saved = dict(self.state["facts"])

    saved: ClassVar[dict[str, Any]] = {}


class TakesEverything(Example):
    def is_ours(self, message: Any) -> bool:
        return True


@pytest.mark.parametrize(
    ("kind", "scenarios"),
    [
        (Repeats, {"duplicates"}),
        (SkipsGaps, {"gaps"}),
        (refuses("NewType", lambda m: "never_heard_of" in m["type"]), {"unknown-type"}),
        (refuses("NewField", lambda m: "added_since" in m["data"]), {"unknown-field"}),
        (refuses("NewMajor", lambda m: m["type"].endswith(".v9")), {"unknown-major"}),
        (NoCorrections, {"duplicates", "correction", "erasure"}),
        (VoidsTheFactAlone, {"correction"}),
        (NoErasures, {"erasure"}),
        (NoWithdrawals, {"withdrawal"}),
        (WithdrawsTheFactAlone, {"withdrawal"}),
        (NoBackfills, {"backfill"}),
        (OneEpoch, {"new-epoch"}),
        (SavesThePositionFirst, {"restart"}),
        (TakesEverything, {"not-yours"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_fault_is_found_by_exactly_the_scenarios_that_speak_of_it(
    kind: type[Example], scenarios: set[str]
) -> None:
    assert found(kind) == scenarios


def test_the_example_conforms_as_a_command_that_is_killed_for_real() -> None:
    command = Command([sys.executable, "-m", "consumers.conformance.example"])
    assert run(command, ["duplicates", "gaps", "restart"]) == []


def test_a_naive_consumer_fails_with_what_it_does_wrong_by_name() -> None:
    naive = Command([sys.executable, str(Path(__file__).with_name("naive_consumer.py"))])
    findings = run(naive, patience=0)
    fine = {"unknown-type", "unknown-field", "unknown-major"}
    assert {finding.scenario for finding in findings} == SCENARIOS.keys() - fine
    twice = [f.what for f in findings if f.scenario == "duplicates" and f.what.endswith("5 times")]
    lacks = [f.what for f in findings if f.scenario == "gaps" and f.what.startswith("it lacks")]
    assert len(twice) == 1 and len(lacks) == 2


def test_a_command_that_ends_or_says_nonsense_is_a_finding_and_no_error() -> None:
    dies = Command([sys.executable, "-c", "raise SystemExit(3)"])
    assert [f.what for f in run(dies, ["gaps"])] == ["it ended at begin, with exit code 3"]
    mad = Command([sys.executable, "-c", "print('no JSON', flush=True); input(); input()"])
    assert [f.what for f in run(mad, ["gaps"])] == ["its answer to begin is not JSON"]
    (missing,) = run(Command(["no-such-command"]), ["gaps"])
    assert "did not start" in missing.what


def test_the_command_tells_each_scenario_and_exits_by_what_was_found() -> None:
    naive = ["--", sys.executable, str(Path(__file__).with_name("naive_consumer.py"))]
    wanted = ["--scenario", "gaps", "--scenario", "unknown-type", "--patience", "0"]
    result = CliRunner().invoke(app, ["conformance", *wanted, "--json", *naive])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["scenarios"] == ["gaps", "unknown-type"]
    assert {finding["scenario"] for finding in told["findings"]} == {"gaps"}
    assert "unknown-type: well" in result.stderr
    fine = CliRunner().invoke(app, ["conformance", "--scenario", "unknown-type", *naive])
    assert (fine.exit_code, fine.stdout) == (0, "1 passed, 0 failed\n")
    other = CliRunner().invoke(app, ["conformance", "--scenario", "other", *naive])
    assert other.exit_code == 1 and "there is duplicates, gaps" in other.stderr
