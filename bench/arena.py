"""One PostgreSQL with our log, the stock recorder's table and a bare one, for all who are compared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from deploy.migrate import AMBITO, migrate
from deploy.postgres import Postgres
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import pool
from domain.ledger.store import Log

RAW = """
create table raw (
    id bigserial primary key, stream uuid, version int, topic text, state bytea, unique (stream, version)
)
"""


class Dossier(Aggregate):
    """What the stock library makes of a case: explicit events with a plain payload, nothing computed."""

    class Told(Aggregate.Event):
        name: str
        data: dict[str, Any]

        def apply(self, aggregate: Dossier) -> None:  # type: ignore[override]
            aggregate.told.append(self.name)

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, name: str, data: dict[str, Any]) -> None:
        self.trigger_event(self.Told, name=name, data=data)


@dataclass(frozen=True)
class Arena:
    folder: Path

    @property
    def server(self) -> Postgres:
        return Postgres(self.folder / "postgres")

    @property
    def url(self) -> str:
        return self.server.url()

    @property
    def key_paths(self) -> tuple[Path, Path]:
        return self.folder / "keys.sqlite", self.folder / "key-encryption-key"

    def log(self, size: int = 16) -> Log:
        """Our log, with everything switched on."""
        return Log(pool(self.url, size=size), KeyFile(*self.key_paths))

    def stock(self, **more: str) -> Application[Any]:
        """The library as it comes, on the same server."""
        return Application(
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": "postgres",
                "POSTGRES_HOST": "127.0.0.1",
                "POSTGRES_PORT": str(self.server.port),
                "POSTGRES_USER": "postgres",
                "POSTGRES_PASSWORD": self.server.password,
                "POSTGRES_POOL_SIZE": "16",
            }
            | more
        )

    def stock_recorder(self) -> PostgresApplicationRecorder:
        """The recorder of the library alone: no mapper, no repository."""
        datastore = PostgresDatastore(
            "postgres", "127.0.0.1", self.server.port, "postgres", self.server.password, pool_size=16
        )
        return PostgresApplicationRecorder(datastore, events_table_name="stock_events")

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)


@contextmanager
def arena() -> Iterator[Arena]:
    """A server of our own in a folder of its own, durable (fsync on), gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ambito-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = Postgres(folder / "postgres")
        server.start()
        try:
            migrate(server.url(), AMBITO)
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(RAW)
            made = Arena(folder)
            made.stock_recorder().create_table()
            yield made
        finally:
            server.stop()
