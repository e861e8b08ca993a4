"""A file of acts, one JSON object a line, into the register over its own interface.

Resumable by being repeatable: each line carries its command id, so a second run replays what is on record
and goes on. Lines of one case go in order; cases go side by side.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import orjson

from deploy.rest import Rest
from domain.catalogue import ACTS
from domain.contract import Contract, Json

WORKERS = 6
"""Lines under way at once: on two cores more only wait for each other."""

REFERENCE = "event-of:"
"""In place of an event id: the event that an earlier line (by its command id) led to."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that did not go in, and the rule that refused it. Never a value of the line."""

    line: int
    act: str
    because: str


@dataclass(slots=True)
class Imported:
    """What became of a file."""

    recorded: int = 0
    replayed: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return self.recorded + self.replayed + len(self.refused)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    act: Json


class _Bad(Exception):
    pass


class Importer:
    """``token`` gives a bearer token for a recorder (the ``by`` of a line) and a purpose."""

    def __init__(
        self,
        rest: Rest,
        token: Callable[[dict[str, str], str], str],
        progress: Callable[[Imported], None] = lambda _: None,
    ) -> None:
        self._rest, self._token, self._progress = rest, token, progress
        self._lock = threading.Lock()
        self._events: dict[str, list[str]] = {}
        self._done = Imported()
        self._failure: BaseException | None = None

    def run(self, lines: Iterable[bytes]) -> Imported:
        """Send every line; raises Unreachable if the API stays away. Refused lines do not stop the rest."""
        queues: list[queue.Queue[_Line | None]] = [queue.Queue(maxsize=64) for _ in range(WORKERS)]
        workers = [threading.Thread(target=self._work, args=(each,), daemon=True) for each in queues]
        for worker in workers:
            worker.start()
        for number, text in enumerate(lines, start=1):
            if text.strip() and self._failure is None:
                self._hand_out(number, text, queues)
        for each in queues:
            each.put(None)
        for worker in workers:
            worker.join()
        if self._failure is not None:
            raise self._failure
        self._done.refused.sort(key=lambda refusal: refusal.line)
        return self._done

    def _hand_out(self, number: int, text: bytes, queues: list[queue.Queue[_Line | None]]) -> None:
        try:
            act = orjson.loads(text)
            key = str(case_of(act))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            self._refuse(number, "?", "BAD_VALUE: not an act (act, command_id, by, states)")
            return
        if key == "None":
            # The protocol goes in before the cases that rest on it.
            for each in queues:
                each.join()
            self._send(_Line(number, act))
        else:
            queues[hash(key) % WORKERS].put(_Line(number, act))

    def _work(self, lines: queue.Queue[_Line | None]) -> None:
        for line in iter(lines.get, None):
            try:
                if self._failure is None:
                    self._send(line)
            except BaseException as error:
                self._failure = error
            finally:
                lines.task_done()

    def _send(self, line: _Line) -> None:
        act = line.act
        try:
            contract = ACTS[act["act"]]
            states = self._resolved(act["states"])
            token = self._token(act["by"], act.get("purpose", "TAKING_CHARGE"))
        except KeyError as missing:
            self._refuse(line.number, str(act.get("act")), f"BAD_VALUE: {missing.args[0]}")
            return
        except _Bad as bad:
            self._refuse(line.number, str(act.get("act")), str(bad))
            return
        headers = {"Idempotency-Key": act["command_id"]}
        if "known_on" in act:
            headers["X-Known-On"] = act["known_on"]
        answer = self._rest.post(path_of(contract, act), token, states, headers)
        if not answer.ok:
            self._refuse(line.number, act["act"], answer.problem)
            return
        with self._lock:
            self._events[act["command_id"]] = answer.body["event_ids"]
            if answer.body["replayed"]:
                self._done.replayed += 1
            else:
                self._done.recorded += 1
            self._progress(self._done)

    def _resolved(self, value: Json) -> Json:
        if isinstance(value, str) and value.startswith(REFERENCE):
            events = self._events.get(value.removeprefix(REFERENCE))
            if not events:
                raise _Bad("NOT_RECORDED: the line that this one rests on led to no event")
            return events[0]
        if isinstance(value, dict):
            return {name: self._resolved(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self._resolved(entry) for entry in value]
        return value

    def _refuse(self, number: int, act: str, because: str) -> None:
        with self._lock:
            self._done.refused.append(Refusal(number, act, because))
            self._progress(self._done)


def case_of(act: dict[str, Any]) -> UUID | None:
    """The case that a line is about; None for the protocol."""
    if act["act"] == "refer_case":
        return uuid5(UUID(act["command_id"]), "case_id")
    case_id = act.get("case_id")
    return UUID(case_id) if case_id else None


def path_of(contract: Contract, act: dict[str, Any]) -> str:
    """Where an act is posted."""
    if contract.name.startswith("adi.protocol."):
        root = "/protocols"
        return f"{root}/{act['states']['protocol_id']}/{contract.path}" if contract.path else root
    return f"/cases/{case_of(act)}/{contract.path}" if contract.path else "/cases"


def read(path: str) -> Iterator[bytes]:
    """The lines of a file, ``-`` for standard input."""
    import sys

    if path == "-":
        yield from sys.stdin.buffer
        return
    with open(path, "rb") as file:
        yield from file
