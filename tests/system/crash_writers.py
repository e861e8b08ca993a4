"""A process of writers that outlives its server, and may itself be killed: each notes what it was told."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from eventsourcing.persistence import IntegrityError, OperationalError

from domain.ledger.recorder import Command, CommandRepeated, LedgerRecorder, Pending, pool
from tests.integration.ledger.acts import bare

CLIENT = "crash-writers"

AGAIN_AFTER = 0.02
"""Seconds: a server that is away is asked again before the next stop comes."""


@dataclass(frozen=True, slots=True)
class Act:
    """An act whose events follow from its token and its command id, so that one line names it whole.

    Each of its events carries the token: an act that went in twice shows, under whatever command id.
    ``version`` is the one that it rests on.
    """

    token: UUID
    command_id: UUID
    stream: UUID
    version: int
    size: int

    def pending(self) -> Pending:
        new = [
            bare(
                self.stream,
                self.version + n,
                state=self.token.bytes + sha256(b"%d" % n + self.command_id.bytes).digest() * 6,
                event_id=uuid5(self.command_id, str(n)),
            )
            for n in range(1, self.size + 1)
        ]
        same = Command(CLIENT, self.command_id, sha256(self.token.bytes).digest())
        return Pending(self.stream, self.version + self.size, new, same)


class Journal:
    """What a client was told, a line each; kill -9 takes nothing of it away. Thread-safe.

    ``try`` before an act is sent; ``ack`` with its first position (0: not told) once it is answered;
    ``lost`` where another act was first.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def tell(self, what: str, act: Act, first: int = 0) -> None:
        line = f"{what} {act.token} {act.command_id} {act.stream} {act.version} {act.size} {first}\n"
        os.write(self._file, line.encode())


def read(line: str) -> tuple[str, Act, int]:
    what, token, command_id, stream, version, size, first = line.split()
    return what, Act(UUID(token), UUID(command_id), UUID(stream), int(version), int(size)), int(first)


def unfinished(journal: Path) -> list[Act]:
    """The acts over which a process was killed: tried, and neither answered nor lost."""
    waiting: dict[UUID, Act] = {}
    for what, act, _ in map(read, journal.read_text().splitlines() if journal.exists() else ()):
        if what == "try":
            waiting[act.token] = act
        else:
            waiting.pop(act.token, None)
    return list(waiting.values())


# --- what a writer does with an act, and two that do it wrong ---------------------------------------------

Writer = Callable[[LedgerRecorder, Journal, Act, threading.Event], None]


def sent_until_answered(recorder: LedgerRecorder, journal: Journal, act: Act, stop: threading.Event) -> None:
    """As a client should: the same command again, until its outcome is known."""
    journal.tell("try", act)
    while not stop.is_set():
        try:
            journal.tell("ack", act, _first_position(recorder, act))
            return
        except IntegrityError:
            journal.tell("lost", act)
            return
        except OperationalError:
            stop.wait(AGAIN_AFTER)


def _first_position(recorder: LedgerRecorder, act: Act) -> int:
    try:
        return recorder.append(act.pending()).first_position
    except CommandRepeated:
        outcome = recorder.outcome_of(CLIENT, act.command_id)
        assert outcome is not None
        return outcome.first_position


def acknowledged_before_the_commit(
    recorder: LedgerRecorder, journal: Journal, act: Act, stop: threading.Event
) -> None:
    """A seeded bug: who sent the act has its answer while the append is under way."""
    journal.tell("try", act)
    journal.tell("ack", act)
    try:
        recorder.append(act.pending())
    except OperationalError:
        stop.wait(AGAIN_AFTER)


def sent_again_without_its_command(
    recorder: LedgerRecorder, journal: Journal, act: Act, stop: threading.Event
) -> None:
    """A seeded bug: what was under way at a crash is sent again under a new command id."""
    anew = Act(act.token, uuid4(), act.stream, recorder.version_of(act.stream), act.size)
    sent_until_answered(recorder, journal, anew, stop)


WRITERS: dict[str, Writer] = {
    writer.__name__: writer
    for writer in (sent_until_answered, acknowledged_before_the_commit, sent_again_without_its_command)
}


def keep_writing(
    recorder: LedgerRecorder,
    journal: Journal,
    writer: Writer,
    streams: list[UUID],
    left: list[Act],
    pause: float,
    stop: threading.Event,
) -> None:
    """First what an earlier life of this process left, then act after act until ``stop``.

    ``pause``: seconds between two of them at most.
    """
    chance = random.Random()
    while not stop.is_set():
        try:
            act = left[-1] if left else _new(recorder, chance, streams)
            writer(recorder, journal, act, stop)
        except OperationalError:
            stop.wait(AGAIN_AFTER)
            continue
        if left:
            left.pop()
        stop.wait(chance.uniform(0, pause))


def _new(recorder: LedgerRecorder, chance: random.Random, streams: list[UUID]) -> Act:
    token, stream = uuid4(), chance.choice(streams)
    return Act(token, token, stream, recorder.version_of(stream), chance.choice((1, 1, 3)))


def main(url: str, path: Path, writer: Writer, writers: int, pause: float, shared: list[UUID]) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    left, journal = unfinished(path), Journal(path)
    connections = pool(url, size=writers)
    recorder = LedgerRecorder(connections)
    with connections, ThreadPoolExecutor(writers) as threads:
        for n in range(writers):
            own = [*shared, uuid4(), uuid4()]
            threads.submit(keep_writing, recorder, journal, writer, own, left[n::writers], pause, stop)
        stop.wait()


if __name__ == "__main__":
    url, file, name, threads, pause, *shared = sys.argv[1:]
    main(url, Path(file), WRITERS[name], int(threads), float(pause), [UUID(stream) for stream in shared])
