"""Who came in, by whichever door: a client, what it is admitted to, how more of it is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from api.security.admitted import Admitted
from api.security.claims import Signer
from api.security.jws import Checks, Statement
from api.security.once import Once
from api.security.tracking import OfPerson


@dataclass(frozen=True, slots=True)
class Entered:
    """``signer`` says whose key a statement (of a kind) names, or raises NotBelieved.

    ``also`` are checks that this door adds to those of the evidence of who asks, ``bound`` is what the
    voucher says of that evidence; ``used`` are the statements that can be used no second time.
    """

    admitted: Admitted
    client: str
    purpose_id: str
    signer: Callable[[Statement, str], Signer]
    also: Checks[OfPerson]
    bound: Any
    used: Sequence[Once]
