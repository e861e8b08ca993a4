"""What the API works with; :mod:`deploy` makes it, a test makes its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, Request

from api.bounds import AS_SHIPPED, Bounds
from api.pace import Pace
from api.security.wire import Wire
from api.tokens import Verifier
from domain.case.commands import Law
from domain.contract import Json
from domain.ledger.disclosed import Disclosed
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Pool
from domain.ledger.store import Log

AS_DOCUMENTED = "https://registro.ambito.example"
"""Where the document says that the API is, unless a deployment says where: the national rules want https."""


@dataclass(frozen=True, slots=True)
class Services:
    """The log, what was disclosed of it, the same as the caller may read them, and who checks tokens.

    ``log`` and ``disclosed`` are the register's own: they see all, to decide acts and to judge who may see.
    ``reading``, ``shown`` and ``pool`` give what is read for the caller: PostgreSQL shows them her rows alone
    (:mod:`domain.ledger.reading`).

    ``ambito`` is the code of the Ambito, ``enrolled`` tells who receives by now, ``clock`` the instant in
    UTC: the API asks no other one. ``asyncapi`` gives the document of the topics of recipients. ``signer``
    gives the key that signs the log: it seals the bundles too. ``verifier`` is that of development tokens,
    none in production; ``wire`` the trusts of PDND and of agencies outside it, where there is one.
    ``public_url`` is where others reach the API, ``bounds`` how much it takes on, ``pace`` who reads how many
    files.
    """

    log: Log
    disclosed: Disclosed
    pool: Pool
    reading: Log
    shown: Disclosed
    verifier: Verifier | None
    law: Law
    ambito: str
    enrolled: Callable[[], Enrolled]
    clock: Callable[[], datetime]
    asyncapi: Callable[[Iterable[str]], Json]
    signer: Callable[[], Ed25519PrivateKey]
    wire: Wire | None = None
    public_url: str = AS_DOCUMENTED
    bounds: Bounds = AS_SHIPPED
    pace: Pace = field(default_factory=Pace)

    @property
    def all_rows(self) -> Pool:
        """The register's own connections, for what is of no case: figures, health, evidence."""
        return self.log.recorder.pool

    @property
    def recipients(self) -> tuple[str, ...]:
        """All that ever received, also who was withdrawn: it is still owed corrections and erasures."""
        return self.enrolled().all


def services_of(request: Request) -> Services:
    """For a dependency: each further one that it has itself would cost every request 20 µs of the loop."""
    return cast(Services, request.app.state.services)


async def _services(request: Request) -> Services:
    return services_of(request)


Given = Annotated[Services, Depends(_services)]
"""What an endpoint is given to work with."""
