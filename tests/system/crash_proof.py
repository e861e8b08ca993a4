"""What must be true of a log after a crash, proved from its stored bytes and what its writers were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from domain.ledger.tree import leaf_hash
from tests.system.crash_writers import read

EVENTS = """
select position, recorded_at, stream_id, version, type, state, chain
  from ledger.events where position > %s order by position
"""
COMMANDS = """
select client, command_id, stream_id, first_position, last_position
  from ledger.commands where last_position > %s and last_position >= first_position order by first_position
"""
HEAD = "select position, nullif(recorded_at, '-infinity') from ledger.log_head"


class Proof:
    """Follows a log and the journals of its writers; ``faults`` names everything that must not be.

    Each :meth:`extend` goes on where the last one ended; a fresh one proves the log from its first byte.
    """

    def __init__(self, url: str, journals: Sequence[Path]) -> None:
        self._url, self._journals = url, journals
        self._read = dict.fromkeys(journals, 0)
        self._links: dict[UUID, tuple[int, bytes]] = {}
        self._instant = datetime.min.replace(tzinfo=UTC)
        self._open: set[UUID] = set()
        self._held: dict[UUID, int] = {}
        self._sizes: dict[UUID, int] = {}
        self.faults: list[str] = []
        self.positions = self.acknowledged = 0

    @property
    def unanswered(self) -> int:
        """Acts of which nobody was told whether they are in the log."""
        return len(self._open)

    def extend(self) -> Proof:
        # First what was told, then the log: whoever was told something finds it there.
        told = [read(line) for path in self._journals for line in self._new_lines(path)]
        with psycopg.connect(self._url) as connection:
            connection.execute("set transaction isolation level repeatable read")
            events = connection.execute(EVENTS, [self.positions]).fetchall()
            commands = connection.execute(COMMANDS, [self.positions]).fetchall()
            head = connection.execute(HEAD).fetchone()
        self._follow(events)
        self._match(events, commands)
        if events and head != (self.positions, self._instant):
            self._fault(f"the head says {head}, the last event is {self.positions}, {self._instant}")
        for what, act, first in told:
            self._compare(what, act.token, act.size, first)
        return self

    def _new_lines(self, path: Path) -> list[str]:
        with path.open("rb") as file:
            file.seek(self._read[path])
            whole, _, _ = file.read().rpartition(b"\n")
        self._read[path] += len(whole) + 1 if whole else 0
        return whole.decode().splitlines()

    def _follow(self, events: Sequence[Any]) -> None:
        """Positions, versions, instants and links, each against the one before."""
        for position, at, stream, version, type_, state, chain in events:
            before, link = self._links.get(stream, (0, bytes(32)))
            link = sha256(link + leaf_hash(position, at, stream, version, type_, state)).digest()
            if position != self.positions + 1:
                self._fault(f"position {position} follows {self.positions}")
            if version != before + 1:
                self._fault(f"position {position}: version {version} follows {before}")
            if at < self._instant:
                self._fault(f"position {position}: recorded before the one ahead of it")
            if chain != link:
                self._fault(f"position {position}: its link is not that of its bytes")
            self.positions, self._instant = position, at
            self._links[stream] = version, chain

    def _match(self, events: Sequence[Any], commands: Sequence[Any]) -> None:
        """Each command in whole, each event by one command, each act once."""
        by_position = {event[0]: event for event in events}
        for client, command_id, stream, first, last in commands:
            own = [by_position.pop(position, None) for position in range(first, last + 1)]
            if any(event is None or event[2] != stream for event in own):
                self._fault(f"a command of {client} is not in the log in whole")
                continue
            tokens = {_token(event, command_id) for event in own}
            token = tokens.pop()
            if tokens:
                self._fault(f"position {first}: events of several acts in one command")
            if token in self._held:
                self._fault(f"position {first}: an act went in twice, first at {self._held[token]}")
            self._held[token], self._sizes[token] = first, len(own)
        for position, event in by_position.items():
            if _is_bare(event):
                self._fault(f"position {position} belongs to no command")

    def _compare(self, what: str, token: UUID, size: int, first: int) -> None:
        held = self._held.get(token)
        if what == "try":
            self._open.add(token)
        else:
            self._open.discard(token)
        if what == "lost" and held is not None:
            self._fault(f"position {held}: whoever sent it was told that another act was first")
        elif what == "ack":
            self.acknowledged += 1
            if held is None:
                self._fault(f"an acknowledged act is not in the log (position {first})")
            elif first and held != first:
                self._fault(f"an act acknowledged at {first} is at {held}")
        if held is not None and self._sizes[token] != size:
            self._fault(f"position {held}: {self._sizes[token]} of {size} events of an act")

    def _fault(self, text: str) -> None:
        self.faults.append(text)


def _is_bare(event: Any) -> bool:
    return bool(event[4] == "adi.test.told.v1")


def _token(event: Any, command_id: UUID) -> UUID:
    """The act of an event: bare ones carry it, over REST it is the Idempotency-Key."""
    return UUID(bytes=event[5][:16]) if _is_bare(event) else command_id
