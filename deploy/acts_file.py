"""A file of acts, one JSON object a line, into the register over its own interface.

Resumable by being repeatable: each line carries its command id, so a second run replays what is on record
and goes on. Lines of one case go in order; cases go side by side.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from api.acts import where
from consumers.client.failures import Refused
from consumers.client.transport import Transport
from deploy.lines import Line, with_events
from domain.catalogue import ACTS
from domain.contract import Contract

WORKERS = 6
"""Lines under way at once: on two cores more only wait for each other."""

PATIENCE = 30.0
"""Seconds for which an API that restarts is waited for."""

_Numbered = tuple[int, Line]


class _RestsOnNothing(Exception):
    pass


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


class Importer:
    """``token`` gives a bearer token for a recorder (the ``by`` of a line) and a purpose."""

    def __init__(
        self,
        transport: Transport,
        token: Callable[[dict[str, str], str], str],
        progress: Callable[[Imported], None] = lambda _: None,
    ) -> None:
        self._transport, self._token, self._progress = transport, token, progress
        self._lock = threading.Lock()
        self._events: dict[UUID, list[UUID]] = {}
        self._done = Imported()
        self._failure: BaseException | None = None

    def run(self, lines: Iterable[bytes]) -> Imported:
        """Send every line; raises Unreachable if the API stays away. Refused lines do not stop the rest."""
        queues: list[queue.Queue[_Numbered | None]] = [queue.Queue(maxsize=64) for _ in range(WORKERS)]
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
        self._transport.close()
        if self._failure is not None:
            raise self._failure
        self._done.refused.sort(key=lambda refusal: refusal.line)
        return self._done

    def _hand_out(self, number: int, text: bytes, queues: list[queue.Queue[_Numbered | None]]) -> None:
        try:
            line = Line.from_json(orjson.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError):
            self._refuse(
                number, "?", "BAD_VALUE: not an act (act, command_id, by, known_on, purpose, states)"
            )
            return
        if line.case_id is None:
            # The protocol goes in before the cases that rest on it.
            for each in queues:
                each.join()
            self._send(number, line)
        else:
            queues[hash(line.case_id) % WORKERS].put((number, line))

    def _work(self, lines: queue.Queue[_Numbered | None]) -> None:
        for numbered in iter(lines.get, None):
            try:
                if self._failure is None:
                    self._send(*numbered)
            except BaseException as error:
                self._failure = error
            finally:
                lines.task_done()
        self._transport.close()

    def _send(self, number: int, line: Line) -> None:
        contract = ACTS.get(line.act)
        if contract is None:
            self._refuse(number, "?", "BAD_VALUE: there is no such act")
            return
        try:
            states = with_events(line.states, self._event_of)
            token = self._token(line.to_json()["by"], line.purpose)
        except (_RestsOnNothing, ValueError) as error:
            self._refuse(number, line.act, str(error))
            return
        headers = {"Idempotency-Key": str(line.command_id), "Known-On": line.known_on.isoformat()}
        try:
            answer = self._transport.call(
                "POST", path_of(contract, line), lambda: token, body=states, headers=headers
            )
        except Refused as refused:
            self._refuse(number, line.act, refused.told)
            return
        with self._lock:
            self._events[line.command_id] = [UUID(each) for each in answer.body["event_ids"]]
            if answer.body["replayed"]:
                self._done.replayed += 1
            else:
                self._done.recorded += 1
            self._progress(self._done)

    def _event_of(self, command_id: UUID) -> UUID:
        events = self._events.get(command_id)
        if not events:
            raise _RestsOnNothing("NOT_RECORDED: the line that this one rests on led to no event")
        return events[0]

    def _refuse(self, number: int, act: str, because: str) -> None:
        with self._lock:
            self._done.refused.append(Refusal(number, act, because))
            self._progress(self._done)


def path_of(contract: Contract, line: Line) -> str:
    """Where an act is posted."""
    return where(contract).format(case_id=line.case_id, protocol_id=line.states.get("protocol_id"))


def read(path: str) -> Iterator[bytes]:
    """The lines of a file, ``-`` for standard input."""
    if path == "-":
        yield from sys.stdin.buffer
        return
    with open(path, "rb") as file:
        yield from file
