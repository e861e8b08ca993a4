"""Signs the log as it grows: so many events or so many seconds after the last time, never twice for one size.

Each step begins from what is stored and ends in one transaction: a process that dies at any point is followed
by one that does the same again. What was signed is compared with what is there before more is signed, for a
log must never sign two states of which one is not the beginning of the other.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.errors import CheckViolation, UniqueViolation

from domain.ledger.checkpoints import Checkpoints, Head, LogChanged
from domain.ledger.note import Checkpoint, origin, signed_checkpoint, verifier_key
from domain.ledger.tiles import Tile, Tiler
from domain.ledger.tree import EMPTY_ROOT

BATCH = 4096
"""Leaves of one step at most, some 10 MB of events: a log that was never signed is signed on the way."""


class Checkpointer:
    """Signs the log of an Ambito with one key, after ``events`` or ``seconds``, whichever comes first."""

    def __init__(
        self, checkpoints: Checkpoints, ambito: str, key: Ed25519PrivateKey, events: int, seconds: float
    ) -> None:
        self._checkpoints, self._ambito, self._key = checkpoints, ambito, key
        self._events, self._seconds = events, seconds

    def step(self) -> int:
        """Sign the next checkpoint, where one is due: 1, else 0. Raises LogChanged, psycopg's errors."""
        head = self._checkpoints.head()
        if not self._due(head):
            return 0
        tiler = self._signed(head)
        up_to = min(head.position, head.size + BATCH)
        tiles: list[Tile] = []
        for leaf in self._checkpoints.leaves(head.size, up_to):
            tiles += tiler.add(leaf)
        if tiler.size != up_to:
            raise LogChanged(f"the log ends at {tiler.size}, and its head says {head.position}")
        name = origin(self._ambito, head.log_epoch)
        made = Checkpoint(name, tiler.size, tiler.root())
        note, vkey = signed_checkpoint(made, self._key), verifier_key(name, self._key).text
        try:
            self._checkpoints.add(head.size, head.log_epoch, made, str(note), vkey, tiles)
        except (CheckViolation, UniqueViolation) as refused:
            raise LogChanged(f"the database refuses it: {refused.diag.message_primary}") from None
        return 1

    def _signed(self, head: Head) -> Tiler:
        """The tree as it was signed last."""
        try:
            tiler = Tiler(self._checkpoints.edge(head.size))
        except ValueError:
            raise LogChanged(f"there are fewer than the {head.size} events that were signed") from None
        if tiler.root() != (head.root or EMPTY_ROOT):
            raise LogChanged(f"the first {head.size} events are not those that were signed")
        return tiler

    def _due(self, head: Head) -> bool:
        new = head.position - head.size
        if new < 0:
            raise LogChanged(f"the log has {head.position} events, and {head.size} were signed")
        if head.position and head.log_epoch != head.signed_epoch:
            # The first word of a new epoch, also where nothing was added since: it is another log now.
            return True
        return new >= self._events or (new > 0 and head.waited >= self._seconds)
