"""Who follows the log or a feed, and may have parked something: what ``ambito parked`` works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from deploy.feeds import feed_of
from deploy.key_file import opened_keys
from deploy.processes import views
from deploy.settings import Settings
from domain.contract import Json
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.erasing import carry_out, destroy, past_erasures
from domain.ledger.parked import Pointer
from domain.ledger.recorder import pool
from domain.ledger.store import Log
from domain.rules.calendar import legal_day
from projections.kept import Kept, value_of
from projections.offices import views_of
from projections.whole import Followed

DISCLOSURE = "disclosure"
"""The name of the follower that decides who is shown what."""


class CannotDrop(RuntimeError):
    """What is parked here may be repaired and retried only."""


class Follower(Protocol):
    """One that may have parked something."""

    name: str

    def pointers(self, case_id: UUID | None = None) -> list[Pointer]: ...
    def value(self, number: int) -> Json: ...
    def retry(self, case_id: UUID) -> int: ...
    def drop(self, case_id: UUID, because: str) -> int: ...


class Disclosure:
    """What could not be disclosed."""

    name = DISCLOSURE

    def __init__(self, log: Log, erase: Callable[[UUID], None]) -> None:
        self._log, self._disclosed = log, Disclosed(log.recorder.pool, log.keys)
        self._discloser = Discloser(log, self._disclosed, self._disclosed.enrolled(), erase)

    def pointers(self, case_id: UUID | None = None) -> list[Pointer]:
        return self._disclosed.parked(case_id)

    def value(self, number: int) -> Json:
        (entry,) = self._log.after(number - 1, 1)
        return value_of(entry)

    def retry(self, case_id: UUID) -> int:
        return self._discloser.retry(case_id, legal_day(datetime.now(UTC)))

    def drop(self, case_id: UUID, because: str) -> int:
        raise CannotDrop("a recipient would never be told: repair what fails, then retry")


@contextmanager
def of_the_ambito(settings: Settings, database_url: str, views_url: str) -> Iterator[list[Follower]]:
    """The disclosure, and the Ambito's own views."""
    with ExitStack() as open_, pool(database_url, size=2, name="ambito-parked") as connections:
        keys = opened_keys(settings, connections)
        log = Log(connections, keys)
        cases = Followed(log.facts)
        read = cases.reading(past_erasures(log.unopened, partial(destroy, log=log, keys=keys)))
        kept = [Kept(views_url, view, read) for view in views(cases, log, settings.law)]
        for each in kept:
            open_.callback(each.close)
        erase = partial(carry_out, log=log, keys=keys)
        yield [Disclosure(log, erase), *kept]


@contextmanager
def of_a_recipient(
    settings: Settings, recipient: str, database_url: str, api_url: str
) -> Iterator[list[Follower]]:
    """A recipient's inbox."""
    from consumers.inbox import Inbox

    inbox = Inbox(
        database_url, recipient, feed_of(settings, api_url, recipient), views_of(recipient, settings.law)
    )
    try:
        yield [inbox]
    finally:
        inbox.close()
