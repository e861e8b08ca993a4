"""What is parked of a case, applied once more: in its order, all that follows behind it, up to what fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from domain.ledger.parked import Parked
from domain.ledger.store import Unreadable
from projections.parked import Parking
from projections.runner import apply
from projections.view import Connection, Order, View

T = TypeVar("T")


def retry(
    connection: Connection,
    views: Sequence[View[T]],
    case_id: UUID,
    parking: Parking,
    fetch: Callable[[int], T],
    order: Order[T],
) -> list[T]:
    """Apply what waits of a case within the caller's transaction, which holds the position; what went in.

    ``fetch`` gives the item behind a number as it is today, or raises Unreadable. Raises one of AGAIN.
    """
    applied: list[T] = []
    failed: Parked | None = None
    for pointer in parking.pointers(connection, case_id):
        try:
            item = fetch(pointer.parked.number)
        except Unreadable as unreadable:
            failed = Parked.by(unreadable.error, pointer.parked.number, case_id)
            break
        refused = apply(connection, views, [item], order, frozenset())
        if refused:
            failed = refused[0]
            break
        applied.append(item)
    parking.tried(connection, case_id, [order.place(item)[0] for item in applied], failed)
    return applied
