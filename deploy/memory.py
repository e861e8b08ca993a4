"""How a process that holds many cases looks for garbage."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for cycles less often than Python does by itself, for a process that follows a log.

    It keeps hundreds of thousands of objects, which have none, and makes thousands for each batch. At the
    threshold of 700 a third of its time went into looking through them (docs/performance.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
