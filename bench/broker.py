"""A broker of our own, with its users, rights and topics as a deployment has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bench.arena import Arena
from consumers.topics import LARGEST, topic
from deploy.kafka.access import Access
from deploy.kafka.broker import Broker

AMBITO, RECIPIENT = "bench", "comune-058091"


@dataclass(frozen=True)
class Topics:
    """The broker, and who may come in as whom."""

    broker: Broker
    words: dict[str, str]

    def client(self, user: str) -> dict[str, Any]:
        return self.broker.client_config(user, self.words[user])


@contextmanager
def topics(arena: Arena) -> Iterator[Topics]:
    """The relay, one recipient and its topic."""
    broker = Broker(arena.folder / "kafka")
    broker.start()
    try:
        made = Topics(broker, {user: uuid4().hex for user in ("relay", RECIPIENT)})
        with broker.admin() as admin:
            access = Access(admin)
            for user, word in made.words.items():
                access.create_user(user, word)
            access.allow_relay("relay", f"adi.{AMBITO}.", f"relay-{AMBITO}")
            access.create_topic(topic(AMBITO, RECIPIENT), config={"max.message.bytes": str(LARGEST)})
            access.allow_recipient(RECIPIENT, topic(AMBITO, RECIPIENT))
        yield made
    finally:
        broker.stop()
