"""The API of a test."""

from collections.abc import Iterator

import pytest

from tests.databases import AMBITO, Ledger, ledger_on, make_template
from tests.integration.api.office import Register, make_views, register_on
from tests.servers import PostgresServer


@pytest.fixture(scope="session")
def ledger_template(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One that has the tables of the views, which each test would make for itself."""
    name = make_template(postgres, AMBITO)
    make_views(ledger_on(postgres, name, tmp_path_factory.mktemp("keys")))
    return name


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger) as made:
        yield made
