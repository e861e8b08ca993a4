"""A stack as `ambito up` starts it, for the delivery campaign: its broker stands behind a proxy of the test.

Run as a program, for the campaign is not its parent: ``python -m tests.system.delivery_stack PROXY_PORT``.

The subscriber of CONTROL has a bug: it commits its position before the rows. Without faults nobody would see
it; if the campaign does not, the campaign is worth nothing.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from consumers import subscriber
from consumers.subscriber import Subscriber
from deploy import processes
from deploy.commands.saying import say
from deploy.kafka.broker import Broker
from deploy.settings import Settings
from deploy.stack import Stack
from deploy.supervisor import Child
from domain.message import Message
from projections.view import Connection

CONTROL = "inps"
IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
OURS = ("cpi", "ust", "asl", "asl-serd", "comune-058091") if IN_FULL else ("cpi", "ust")
RECIPIENTS = (*OURS, CONTROL)


class ProxiedStack(Stack):
    """The clients of its broker are told to come to the port of the proxy."""

    def __init__(self, settings: Settings, proxy_port: int) -> None:
        super().__init__(settings, say)
        assert self.broker is not None
        self.broker = Broker(self.var / "kafka", advertised=proxy_port)

    def _child(self, name: str, arguments: list[str], *more: object, **named: object) -> Child:
        child = super()._child(name, arguments, *more, **named)  # type: ignore[arg-type]
        if arguments != ["subscribe", CONTROL]:
            return child
        return Child(
            child.name,
            [sys.executable, "-m", "tests.system.delivery_stack", "subscribe", CONTROL],
            env=child.env,
            after=child.after,
            ready=child.ready,
        )


def subscribe_with_a_bug() -> None:
    """The subscriber, with the position committed a moment before what it stands for."""

    def apply(self: Subscriber, connection: Connection, fresh: Sequence[Message]) -> int:
        if not fresh:
            return 0
        after = subscriber.Progress(fresh[-1].log_epoch, fresh[-1].seq, self._source.offset)
        with connection.transaction():
            subscriber._move(connection, self._at, after)
        time.sleep(1.0)
        with connection.transaction():
            self._apply_and_park(connection, fresh)
        self._moved(after, after.seq)
        return len(fresh)

    Subscriber._apply = apply  # type: ignore[method-assign]
    processes.subscribe(Settings(), CONTROL)


if __name__ == "__main__":
    if sys.argv[1] == "subscribe":
        subscribe_with_a_bug()
    else:
        sys.exit(ProxiedStack(Settings(), int(sys.argv[1])).run())
