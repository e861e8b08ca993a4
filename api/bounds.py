"""How much the API takes on: from one client, at once, and for how long. Each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """``rate`` requests in ``window`` seconds for each client and purpose; ``in_hand`` requests at once, and
    ``waiting`` besides of each client's (``wait_for``); ``seconds`` until an answer, ``body_seconds`` until
    a body has come, ``header_bytes`` of headers.
    """

    rate: int = 12_000
    """A person makes tens a minute; an import or a feed from its beginning, hundreds a second for a while."""

    window: int = 60

    in_hand: int = 64
    """40 threads serve; what waits behind them waits hundredths of a second, what came after, in vain."""

    waiting: int = 16
    """Each looks ten times a second; while the views keep up, a hundred desks have one that waits."""

    seconds: float = 12.0
    """Statements end in two thirds of that: nothing works on for somebody who was told that it failed."""

    body_seconds: float = 10.0
    """A body of 1 MiB over a line of 1 Mbit/s."""

    header_bytes: int = 16_384
    """A voucher, two signatures and tracking evidence take about 6 KiB."""


AS_SHIPPED = Bounds()
