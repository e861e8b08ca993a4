"""One register for all the calls of a module: each of them brings ids of its own."""

from collections.abc import Iterator

import pytest

from tests.databases import clone, drop, ledger_on
from tests.integration.security.trusted import Trusting, trusting
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def trust(
    postgres: PostgresServer, ledger_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trusting]:
    name, folder = clone(postgres, ledger_template), tmp_path_factory.mktemp("trust")
    with trusting(ledger_on(postgres, name, folder), folder) as made:
        yield made
    drop(postgres, name)
