"""What every test may ask for."""

import importlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # kafka-python 3.0.12 reads its schemas, once, with functions that Python 3.11 and 3.12 call deprecated.
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    importlib.import_module("kafka")

from deploy.kafka.broker import Broker, NotAvailable
from tests.databases import AMBITO, RECIPIENT, Ledger, a_ledger, clone, drop, make_template
from tests.servers import KafkaServer, PostgresServer, kafka_broker, postgres_server, temporary_folder
from tests.softhsm import NO_HSM, SoftHsm, library, soft_hsm

NO_BROKER = "no Kafka broker"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run."""
    with temporary_folder() as folder, postgres_server(folder) as server:
        yield server


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaServer]:
    """One broker for the whole run; skipped where none can run, unless AMBITO_REQUIRE_KAFKA=1."""
    _need_a_broker()
    with temporary_folder() as folder, kafka_broker(folder) as server:
        yield server


def _need_a_broker() -> None:
    if os.environ.get("AMBITO_KAFKA_BOOTSTRAP"):
        return
    can, reason = Broker.available()
    if can:
        try:
            Broker.fetch_jars()
        except NotAvailable as failure:
            can, reason = False, str(failure)
    if not can:
        required = os.environ.get("AMBITO_REQUIRE_KAFKA") == "1"
        (pytest.fail if required else pytest.skip)(f"{NO_BROKER}: {reason}")


@pytest.fixture(scope="session")
def hsm() -> Iterator[SoftHsm]:
    """One PKCS#11 module for the whole run; skipped where there is none, unless AMBITO_REQUIRE_HSM=1."""
    found = library()
    if found is None:
        required = os.environ.get("AMBITO_REQUIRE_HSM") == "1"
        (pytest.fail if required else pytest.skip)(NO_HSM)
    with temporary_folder() as folder:
        yield soft_hsm(folder, found)


@pytest.fixture(scope="session")
def ledger_template(postgres: PostgresServer) -> str:
    return make_template(postgres, AMBITO)


@pytest.fixture(scope="session")
def recipient_template(postgres: PostgresServer) -> str:
    return make_template(postgres, RECIPIENT)


@pytest.fixture
def ledger(postgres: PostgresServer, ledger_template: str, tmp_path: Path) -> Iterator[Ledger]:
    """An empty, migrated log of this test's own."""
    with a_ledger(postgres, ledger_template, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared_ledger(
    postgres: PostgresServer, ledger_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """An empty, migrated log of all tests of a file, which change nothing that another one rests on."""
    with a_ledger(postgres, ledger_template, tmp_path_factory.mktemp("keys")) as made:
        yield made


@pytest.fixture
def recipient_url(postgres: PostgresServer, recipient_template: str) -> Iterator[str]:
    """The empty, migrated database of a recipient."""
    name = clone(postgres, recipient_template)
    yield postgres.url(name)
    drop(postgres, name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines: how long each tier took, and what was skipped for want of a broker."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    for tier in ("unit", "integration", "system"):
        own = [
            r for r in reports if isinstance(r, pytest.TestReport) and r.nodeid.startswith(f"tests/{tier}/")
        ]
        if own:
            tests, seconds = len({report.nodeid for report in own}), sum(report.duration for report in own)
            terminalreporter.write_line(f"tests/{tier}: {tests} tests, {seconds:.0f} s")
    vain = [r for r in terminalreporter.stats.get("skipped", []) if NO_BROKER in str(r.longrepr)]
    if vain:
        reason = str(vain[0].longrepr).partition(NO_BROKER)[2].strip("\"')")
        terminalreporter.write_line(f"the Kafka tier was skipped: {len(vain)} tests, {NO_BROKER}{reason}")
