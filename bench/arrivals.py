"""Requests that arrive at a fixed rate, whatever became of those before them: an open load.

Each is due at its instant and its latency counts from then, also where it waited for a connection, so that a
server which stalls is not spared those that would have come meanwhile (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import perf_counter
from typing import Any

import httptools
import uvloop

CONNECTIONS = 64
"""Kept alive, as many as a gateway would keep; a request that finds none free waits for one."""

GIVE_UP = 1.0
"""Seconds that a request waits for a connection before the load is broken off: it is far beyond its mark."""

PATIENCE = 20.0
"""Seconds to wait for the last answers."""

MARK = 0.1
"""Seconds: 99 of a hundred requests are answered by then."""


@dataclass
class Answers:
    """What came of a load. Latencies in seconds; status 0 is a connection that broke."""

    rate: float
    due: int
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def percentile(self, percent: float) -> float:
        """Of all that were due: what was never answered took for ever."""
        ordered = sorted(self.latencies)
        place = int(self.due * percent / 100)
        return ordered[place] if place < len(ordered) else inf

    @property
    def held(self) -> bool:
        """Whether the server kept up: all answered well, and 99 of a hundred in time."""
        well = sum(count for status, count in self.statuses.items() if 200 <= status < 300)
        return well == self.due and self.percentile(99) <= MARK

    @property
    def throughput(self) -> float:
        return len(self.latencies) / self.seconds


def arrive(
    port: int,
    requests: Sequence[bytes],
    rate: float,
    *,
    connections: int = CONNECTIONS,
    give_up: float = GIVE_UP,
) -> Answers:
    """Send requests at a rate (a second) to a server of this machine; at ``inf`` each follows an answer."""
    gc.collect()
    gc.freeze()  # what was made ready is looked through by no collection meanwhile
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_load(port, requests, rate, connections, give_up))
    finally:
        gc.unfreeze()


async def _load(
    port: int, requests: Sequence[bytes], rate: float, connections: int, give_up: float
) -> Answers:
    return await _Load(requests, rate, give_up).run(port, connections)


class _Load:
    """One load on its way: who is due is given a free connection, or waits for one."""

    def __init__(self, requests: Sequence[bytes], rate: float, give_up: float) -> None:
        self._requests, self._rate = requests, rate
        self._give_up = inf if rate == inf else give_up
        self._answers = Answers(rate, len(requests))
        self._free: list[_Connection] = []
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._done = asyncio.Event()

    async def run(self, port: int, connections: int) -> Answers:
        loop = asyncio.get_running_loop()
        self._open = partial(loop.create_connection, lambda: _Connection(self._answered), "127.0.0.1", port)
        for _ in range(connections):
            _, connection = await self._open()
            self._free.append(connection)
        began = perf_counter()
        for number, request in enumerate(self._requests):
            due = began + number / self._rate
            await asyncio.sleep(max(0.0, due - perf_counter()))
            if self._waiting and perf_counter() - self._waiting[0][1] > self._give_up:
                break
            self._waiting.append((request, due))
            self._hand_out()
        if number == len(self._requests) - 1:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._done.wait(), PATIENCE)
        self._answers.seconds = perf_counter() - began
        for connection in self._free:
            connection.transport.close()
        return self._answers

    def _hand_out(self) -> None:
        while self._waiting and self._free:
            self._free.pop().send(*self._waiting.popleft())

    def _answered(self, connection: _Connection, status: int, seconds: float) -> None:
        answers = self._answers
        answers.statuses[status] += 1
        answers.latencies.append(seconds)
        if connection.transport.is_closing():
            self._opening = asyncio.ensure_future(self._another())
        else:
            self._free.append(connection)
        self._hand_out()
        if len(answers.latencies) == answers.due:
            self._done.set()

    async def _another(self) -> None:
        """In place of one that the server closed."""
        _, connection = await self._open()
        self._free.append(connection)
        self._hand_out()


class _Connection(asyncio.Protocol):
    """A connection that is kept, for one request at a time."""

    def __init__(self, answered: Callable[[_Connection, int, float], None]) -> None:
        self._answered, self._due = answered, 0.0
        self._busy = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def send(self, request: bytes, due: float) -> None:
        self._due, self._busy = due, True
        self._parser = httptools.HttpResponseParser(self)
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.transport.close()
        self._end(self._parser.get_status_code())

    def connection_lost(self, _: Exception | None) -> None:
        if self._busy:
            self._end(0)

    def _end(self, status: int) -> None:
        self._busy = False
        self._answered(self, status, perf_counter() - self._due)
