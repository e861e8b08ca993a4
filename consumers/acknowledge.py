"""Tells the Ambito, signed, what was received and applied."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

import structlog

from consumers.client.register import Register
from consumers.witness import Witness
from projections.acknowledgement import Said, signed
from projections.metrics import RETRIES
from projections.parked import INBOX
from projections.runner import pause
from projections.view import Connection

SAY_EVERY = 0.5
"""Seconds between two acknowledgements at least."""

log = structlog.get_logger()


class Acknowledge:
    """Signs with the recipient's private key (an Ed25519 JWK, as JSON) and posts ``{"signed": <JWS>}``.

    Raises CallFailed where the API does not take it.
    """

    def __init__(self, register: Register, private_jwk: str) -> None:
        self._register, self._private_jwk = register, private_jwk

    def __call__(self, said: Said) -> None:
        self._register.acknowledge({"signed": signed(said, self._private_jwk)})


class Acknowledging:
    """When a recipient says what, with what its ``witness`` cosigned. A failure is tried again later."""

    def __init__(
        self, recipient: str, acknowledge: Callable[[Said], None] | None, witness: Witness | None
    ) -> None:
        self._recipient, self._acknowledge, self._witness = recipient, acknowledge, witness
        self._owed, self._after, self._failures = True, 0.0, 0
        self._lacked: list[int] = []

    def owe(self) -> None:
        """Something moved that is not yet said."""
        self._owed = True

    def hurry(self) -> None:
        """Say it with the next word, however short ago the last one was."""
        self._after = 0.0

    def say(self, connection: Connection, epoch: UUID, received: int, applied: int) -> None:
        now = time.monotonic()
        if self._acknowledge is None or now < self._after:
            return
        self._after = now + SAY_EVERY
        try:
            lacking = INBOX.lacking(connection)
            # What was parked may have been retried by hand, without anything having come.
            if not self._owed and lacking == self._lacked:
                return
            said = Said(
                recipient=self._recipient,
                log_epoch=str(epoch),
                received=received,
                applied=applied,
                parked=lacking,
            )
            if self._witness is not None and (cosigned := self._witness.cosigned(epoch)) is not None:
                said["cosigned"] = cosigned
            self._acknowledge(said)
            if self._witness is not None and "cosigned" in said:
                self._witness.heard(said["cosigned"])
            self._owed, self._failures, self._lacked = False, 0, lacking
        except Exception as error:
            RETRIES.labels("acknowledgement").inc()
            log.warning("not acknowledged", recipient=self._recipient, error=type(error).__name__)
            self._after = now + max(SAY_EVERY, pause(self._failures))
            self._failures += 1
