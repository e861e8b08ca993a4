"""What the tests of the log ask for."""

from collections.abc import Iterator

import pytest

from domain.ledger.keys import KeyFile
from domain.ledger.store import Log
from tests.databases import Ledger


def close(log: Log) -> None:
    log.recorder.pool.close()
    assert isinstance(log.keys, KeyFile)
    log.keys.close()
    log.close()


@pytest.fixture
def log(ledger: Ledger) -> Iterator[Log]:
    """An empty log with 24 connections: no test of 16 writers waits for one."""
    log = ledger.log(size=24)
    yield log
    close(log)


@pytest.fixture
def second_log(ledger: Ledger) -> Iterator[Log]:
    """The same log as another process has it: its own connections, groups and cached keys."""
    log = ledger.log(size=24)
    yield log
    close(log)
