"""A process of writers for the campaign on the order of the log."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import orjson
from eventsourcing.persistence import IntegrityError

from domain.ledger.recorder import LedgerRecorder, Pending, pool
from tests.integration.ledger.acts import bare, command


def write(recorder: LedgerRecorder, streams: list[UUID], acts: int, seed: int) -> list[tuple[str, int]]:
    """The events acknowledged to one writer, with their positions. Streams are shared: races get lost."""
    chance, told = random.Random(seed), []
    while acts:
        stream = chance.choice(streams)
        last = recorder.select_events(stream, desc=True, limit=1)
        version = last[0].originator_version if last else 0
        new = [
            bare(stream, version + n, state=chance.randbytes(200)) for n in range(1, chance.choice((2, 2, 4)))
        ]
        try:
            outcome = recorder.append(Pending(stream, version + len(new), new, command()))
        except IntegrityError:
            continue
        told += [(str(event.event_id), outcome.first_position + n) for n, event in enumerate(new)]
        acts -= 1
    return told


def main(url: str, writers: int, acts: int, seed: int, shared: list[str]) -> None:
    connections = pool(url, size=writers)
    recorder = LedgerRecorder(connections)
    streams = [UUID(stream) for stream in shared]
    with connections, ThreadPoolExecutor(writers) as threads:
        own = [[*streams, uuid4(), uuid4()] for _ in range(writers)]
        told = threads.map(lambda n: write(recorder, own[n], acts, seed + n), range(writers))
        sys.stdout.buffer.write(orjson.dumps([entry for each in told for entry in each]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
