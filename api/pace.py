"""How many case files a person or a client reads: unusually many in a short time leave a line (OWASP API6).

Nothing is refused: whoever is on call asks the access log who it was. Each process counts what it served
itself, since it started.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from api.who import Who
from domain.fact import KINDS
from projections.metrics import BULK_READS

FILES = 60
"""Different files within WINDOW that are unusual: a desk opens some ten in an hour, an inspection twenty."""

FILES_OF_A_CLIENT = 300
"""The same through one client, whoever it says that it reads for: sixty desks at work open 100."""

WINDOW = timedelta(minutes=10)

PEOPLE = 10_000
"""Whoever read last is remembered: more people than an Ambito has, in a few megabytes."""

_log = structlog.get_logger("ambito.api")

for _kind in KINDS:
    BULK_READS.labels(_kind)  # from zero, or the first time would be no increase for an alert


class Pace:
    """The files that each client read lately. Thread-safe."""

    def __init__(self) -> None:
        self._lately: OrderedDict[str, OrderedDict[UUID, datetime]] = OrderedDict()
        self._mutex = threading.Lock()

    def read(self, who: Who, case_id: UUID, at: datetime) -> None:
        """Somebody read a file. The first one that is too many leaves a line, without the person in it."""
        self._count(who, who.client, FILES, case_id, at)
        if who.through is not None:
            self._count(who, who.through, FILES_OF_A_CLIENT, case_id, at)

    def _count(self, who: Who, whose: str, most: int, case_id: UUID, at: datetime) -> None:
        with self._mutex:
            files = self._lately.setdefault(whose, OrderedDict())
            self._lately.move_to_end(whose)
            while len(self._lately) > PEOPLE:
                self._lately.popitem(last=False)
            while files and next(iter(files.values())) <= at - WINDOW:
                files.popitem(last=False)
            before = len(files)
            files[case_id] = at
            files.move_to_end(case_id)
            too_many = before == most < len(files)
        if too_many:
            BULK_READS.labels(who.kind).inc()
            minutes = int(WINDOW.total_seconds() // 60)
            _log.warning("bulk reading", agency=who.kind, purpose=who.purpose, files=most, minutes=minutes)
