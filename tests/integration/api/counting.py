"""How many statements a call sends to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent meanwhile, whoever sends them."""
    sent: list[str] = []
    execute: Callable[..., Any] = psycopg.Cursor.execute

    def noted(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
        sent.append(query if isinstance(query, str) else bytes(query).decode())
        return execute(cursor, query, *given, **more)

    with patch.object(psycopg.Cursor, "execute", noted):
        yield sent
