"""A process that signs a log without pause, for the tests that kill it."""

import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.errors import SerializationFailure

from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.recorder import pool

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def main(url: str) -> None:
    with pool(url, size=2) as connections:
        signer = Checkpointer(Checkpoints(connections), "test", KEY, events=1, seconds=3600)
        while True:
            try:
                signer.step()
            except SerializationFailure:
                continue  # the other one was first


if __name__ == "__main__":
    main(sys.argv[1])
