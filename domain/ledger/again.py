"""Errors that say nothing of what was read: to try again is right, to set anything aside is wrong."""

from __future__ import annotations

import sqlite3

import psycopg
from eventsourcing.persistence import PersistenceError

from domain.ledger.wrapping import WrongKeyEncryptionKey

AGAIN = (
    psycopg.OperationalError,  # connections, timeouts, deadlocks, serialisation, a full disk
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    PersistenceError,  # the same of the log, as its recorder tells them
    sqlite3.Error,  # the key file
    WrongKeyEncryptionKey,
    OSError,
    MemoryError,
)
"""A server that is away or not ready, keys that are: every case would fail alone, and all be parked."""


def says_nothing_of_items(error: BaseException) -> bool:
    """Whether the same items may well go through the next time."""
    # A value too large for an index is the item's own fault, though psycopg files it with the connections.
    return isinstance(error, AGAIN) and not isinstance(error, psycopg.errors.ProgramLimitExceeded)
