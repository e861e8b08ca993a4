"""What the relay does beside: it signs the log, with the key of the settings, and says where it must not."""

from __future__ import annotations

import time

import structlog

from deploy.keys import ed25519
from deploy.settings import Settings
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints, LogChanged
from domain.ledger.note import VerifierKey, verifier_key

LOOK = 0.1
"""Seconds between two looks whether a checkpoint is due: a tenth of what anybody could notice."""

ALARM = 60.0
"""Seconds between two lines of alarm, where the log is not what was signed."""

log = structlog.get_logger()


class Signing:
    """Signs the log of the settings. Raises UnusableKey where there is no key to sign with."""

    def __init__(self, settings: Settings, checkpoints: Checkpoints) -> None:
        self._signer = Checkpointer(
            checkpoints,
            settings.ambito,
            ed25519(settings.signing_key),
            settings.checkpoint_events,
            settings.checkpoint_seconds,
        )
        self._not_before = 0.0

    def step(self) -> int:
        """Sign a checkpoint where one is due: 1, else 0. Raises psycopg's errors.

        A log that was changed is not signed, and said to be so; who is to be shown something still is.
        """
        if time.monotonic() < self._not_before:
            return 0
        self._not_before = time.monotonic() + LOOK
        try:
            return self._signer.step()
        except LogChanged as changed:
            log.error("the log is not what was signed, and is signed no more", because=str(changed))
            self._not_before = time.monotonic() + ALARM
            return 0


def log_vkey(settings: Settings) -> VerifierKey:
    """What verifies the checkpoints of this Ambito; it bears the Ambito's name, for every epoch."""
    return verifier_key(f"ambito/{settings.ambito}", ed25519(settings.signing_key))
