"""One PostgreSQL and one Kafka for a test run: ours in a temporary folder, or those that AMBITO_* name."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from kafka.admin import KafkaAdminClient

from deploy import kept
from deploy.kafka.broker import ADMIN, Broker, client_config
from deploy.postgres import Postgres

# A test run throws its server away, so it need not survive a power cut; a kill -9 it still survives.
SMALL_POSTGRES = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_wal_size": "512MB",
    "autovacuum_naptime": "10s",
}


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs; `url` is its superuser's."""

    superuser_url: str

    def url(self, database: str = "postgres", user: str | None = None, password: str | None = None) -> str:
        parts = urlsplit(self.superuser_url)
        name, word = user or parts.username or "", password or parts.password or ""
        who = ":".join(quote(text, "") for text in (name, word) if text)
        where = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{who}@{where}", path=f"/{database}"))


@dataclass(frozen=True)
class KafkaServer:
    """A broker that runs, and its administrator."""

    bootstrap: str
    admin_user: str
    admin_password: str
    authority: Path | None = None

    def client_config(self, user: str, password: str) -> dict[str, Any]:
        return client_config(self.bootstrap, user, password, self.authority)

    def admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(**self.client_config(self.admin_user, self.admin_password))


def quiet_ports() -> Iterator[int]:
    """Ports below those that outgoing connections take: while its server is away nobody else gets one.

    Never of a test's own seed: two files that run side by side with one seed would be given the same.
    """
    taken = random.SystemRandom().sample(range(20_000, 32_000), 200)
    return (port for port in taken if kept.is_free(port))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Unlike pytest's tmp_path one that PostgreSQL's own user may enter when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="ambito-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server(directory: Path) -> Iterator[PostgresServer]:
    """The server of AMBITO_DATABASE_URL (a superuser's), else one of our own in `directory`."""
    given = os.environ.get("AMBITO_DATABASE_URL")
    if given:
        yield PostgresServer(given)
        return
    server = Postgres(directory / "postgres", SMALL_POSTGRES)
    server.initialise()
    _believe(server.data / "pg_hba.conf", "test_app", "test_views")
    try:
        server.start()
        yield PostgresServer(server.url())
    finally:
        server.stop()


def _believe(clients: Path, *roles: str) -> None:
    """Let roles in that own nothing without their password: to hash it takes most of each login."""
    clients.write_text(f"host all {','.join(roles)} 127.0.0.1/32 trust\n{clients.read_text()}")


@contextmanager
def kafka_broker(directory: Path) -> Iterator[KafkaServer]:
    """The broker of AMBITO_KAFKA_BOOTSTRAP with its administrator, else one of our own in `directory`."""
    given = os.environ.get("AMBITO_KAFKA_BOOTSTRAP")
    if given:
        user = os.environ.get("AMBITO_KAFKA_ADMIN_USER", ADMIN)
        authority = os.environ.get("AMBITO_KAFKA_CA")
        word = os.environ["AMBITO_KAFKA_ADMIN_PASSWORD"]
        yield KafkaServer(given, user, word, Path(authority) if authority else None)
        return
    broker = Broker(directory / "kafka", heap="256m")
    try:
        broker.start()
        yield KafkaServer(broker.bootstrap, ADMIN, broker.admin_password, broker.authority)
    finally:
        broker.stop()
