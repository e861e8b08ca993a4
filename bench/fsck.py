"""How long ``fsck`` takes for the whole log: every digest, link, leaf, tile and checkpoint from scratch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.arena import Arena
from bench.rounds import Measured
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.fsck import Fsck, Trusted
from domain.ledger.keys import KeyFile
from domain.ledger.note import origin, verifier_key
from domain.ledger.recorder import pool

ROUNDS = 3
WHOLE, SECONDS = "fsck of the whole log", "s"


def run(arena: Arena) -> Iterator[Measured]:
    key = Ed25519PrivateKey.generate()
    with pool(arena.url, size=2) as connections:
        checkpoints = Checkpoints(connections)
        signer = Checkpointer(checkpoints, "bench", key, events=1, seconds=0)
        while signer.step():
            pass
        trusted = Trusted(lambda epoch: verifier_key(origin("bench", epoch), key), lambda recipient: [])
        checked = Fsck(arena.url, checkpoints, partial(KeyFile, *arena.key_paths), trusted)
        taken, events = [], 0
        for _ in range(ROUNDS):
            began = time.perf_counter()
            report = checked.run()
            taken.append(time.perf_counter() - began)
            assert not report.findings, report.first
            events = report.events
    name = f"{events:,} events"
    yield Measured(WHOLE, SECONDS, {name: sorted(taken)[ROUNDS // 2]}, {name: taken})
