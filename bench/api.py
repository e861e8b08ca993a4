"""The API side by side with a bare FastAPI app, both in one run: ``make bench-api``.

``python -m bench.api [--quick] [acts|secured|case|list|cost|overload|memory …]``; --quick takes one round and
less time; memory, which takes ten minutes, is not run unless it is named. Read the ratios of medians, never
one figure.

Each server is one process: ours is ``ambito serve`` with everything switched on (a signed token, the policy,
the Idempotency-Key, digests, encryption, the access log), the other does one statement. The server that is
measured, PostgreSQL and the load share two cores; all others are idle meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice, repeat
from math import inf
from uuid import UUID, uuid4

import httpx

from api.paths import BASE
from bench import cost, footprint, overload, servers
from bench.arena import Arena, arena
from bench.arrivals import arrive
from bench.highest import FEW, highest
from bench.log import times
from bench.offices import LISTED, Office, office, request
from bench.pdnd import secured
from bench.rounds import Measured, compare
from bench.servers import Server
from domain.ledger.warm import FACTS

PARTS = ("acts", "secured", "case", "list", "cost", "overload", "memory")
OURS, BARE = "our API", "bare FastAPI"
ROUNDS, SECONDS = 3, 3.0

INSERT, SECURED = "an act / one INSERT", "an act with all of PDND / one INSERT"
CASE, LIST = "a case / one SELECT", f"{LISTED} cases / one SELECT of them"
MARKS = {INSERT: 0.5, SECURED: 0.25, CASE: 0.6, LIST: 0.6}


def main() -> None:
    asked = [word for word in sys.argv[1:] if word in PARTS] or [part for part in PARTS if part != "memory"]
    quick = "--quick" in sys.argv
    rounds, seconds = (1, 1.0) if quick else (ROUNDS, SECONDS)
    with arena() as place:
        print(_of_the_load(place))
        with servers.ours(place) as ours, servers.bare(place) as bare:
            worked = office(place)
            for found in _found(asked, worked, ours, bare, place, rounds, seconds):
                print(found.title)
                print("\n".join(found.lines()))
                print(f"  {times(found, OURS, BARE, MARKS)}", flush=True)
            if "cost" in asked:
                print("\n".join(_costs(place, worked, ours, bare)), flush=True)
            if "overload" in asked:
                print("twice the highest load of acts")
                most = highest(ours.port, worked.acts(), seconds)
                print("\n".join(overload.run(ours.port, office(place).acts(), most).lines()), flush=True)
            if "memory" in asked:
                minutes = 1.5 if quick else footprint.MINUTES
                print(f"memory of the API over {minutes} minutes")
                mixed = office(place)
                # First as many facts as the API keeps at hand, and opened: what still grows is no cache.
                for first in (islice(mixed.acts(), 100 if quick else FACTS), islice(mixed.readings(), 2_000)):
                    arrive(ours.port, list(first), inf, connections=FEW)
                half = highest(ours.port, mixed.mixed(), seconds) / 2
                print("\n".join(footprint.run(ours, mixed.mixed(), half, minutes).lines()))


def _of_the_load(place: Arena) -> str:
    """What the load can send, to a server that does nothing."""
    with servers.null(place) as null:
        found = arrive(null.port, list(islice(repeat(request("GET", "/")), 50_000)), inf)
    return f"the load alone, against a server that does nothing: {found.throughput:,.0f} requests/s"


def _found(
    asked: list[str], worked: Office, ours: Server, bare: Server, place: Arena, rounds: int, seconds: float
) -> Iterator[Measured]:
    def side_by_side(title: str, server: Server, one: Iterator[bytes], other: bytes) -> Measured:
        contenders = {
            OURS: partial(highest, server.port, one, seconds),
            BARE: partial(highest, bare.port, repeat(other), seconds),
        }
        return compare(title, "requests/s", contenders, rounds)

    acts = worked.acts()
    insert = request("POST", "/rows", next(acts).partition(b"\r\n\r\n")[2])
    if "acts" in asked:
        yield side_by_side(INSERT, ours, acts, insert)
    if "secured" in asked:
        with secured(place) as (server, signed):
            yield side_by_side(SECURED, server, signed.acts(), insert)
    one, some = _documents(place, worked, ours)
    if "case" in asked:
        yield side_by_side(CASE, ours, worked.readings(), request("GET", f"/rows/{one}"))
    if "list" in asked:
        yield side_by_side(LIST, ours, worked.lists(), request("GET", f"/rows/{some}"))


def _costs(place: Arena, worked: Office, ours: Server, bare: Server) -> Iterator[str]:
    """What bounds the rates above, as each shares two cores with PostgreSQL and the load."""
    yield cost.HEADING
    acts = worked.acts()
    insert = request("POST", "/rows", next(acts).partition(b"\r\n\r\n")[2])
    one, _ = _documents(place, worked, ours)
    yield cost.of(place, bare, repeat(insert)).line("one INSERT, bare")
    yield cost.of(place, bare, repeat(request("GET", f"/rows/{one}"))).line("one SELECT, bare")
    yield cost.of(place, ours, acts).line("an act")
    with secured(place) as (server, signed):
        yield cost.of(place, server, signed.acts()).line("an act with all of PDND")
    yield cost.of(place, ours, worked.readings()).line("a case")
    yield cost.of(place, ours, worked.lists()).line(f"{LISTED} cases")


def _documents(place: Arena, worked: Office, ours: Server) -> tuple[UUID, UUID]:
    """Documents as long as our answers, for the bare app to select: one as a case, as many as a list has."""
    with httpx.Client(base_url=f"http://127.0.0.1:{ours.port}{BASE}") as client:
        case_id, token = next(iter(worked.tokens.items()))
        client.headers["Authorization"] = f"Bearer {token}"
        case = client.get(f"/cases/{case_id}").content
        listed = client.get("/cases", params={"limit": LISTED}).content
    one, some = uuid4(), uuid4()
    row = b'{"%s":0}' % (b"x" * (len(listed) // LISTED))
    with place.connect() as owner, owner.cursor() as cursor:
        insert = "insert into raw (stream, version, topic, state) values (%s, %s, 'bench', %s)"
        cursor.executemany(insert, [(one, 1, case), *((some, n, row) for n in range(LISTED))])
    return one, some


if __name__ == "__main__":
    main()
