"""From a request to who sent it: the door by which it comes, its body, the person behind it, all once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from api.security.answers import Seal
from api.security.claims import Signer
from api.security.direct import Direct, thumbprint_in
from api.security.entered import Entered
from api.security.integrity import INTEGRITY, OfBody, digest_of
from api.security.jws import NotBelieved, Statement, hold, taken_apart
from api.security.once import Once, Uses, once
from api.security.pdnd import Pdnd
from api.security.received import Received
from api.security.tracking import TRACKING, WITHOUT_PERSON, OfPerson, person
from api.who import Who
from domain.ledger.exchanges import Exchanges, Signed
from domain.ledger.ids import event_id

GUESSABLE = frozenset({"search_cases"})
"""Operations whose body is little but a codice fiscale: whoever has its digest need only try them all."""


@dataclass(frozen=True, slots=True)
class Believed:
    """Who sent a request, and the request as it is kept in evidence."""

    who: Who
    client: str
    digest: str
    request: Signed


class Held(NamedTuple):
    """A statement of the client whose checks held, and who signed it."""

    statement: Statement
    signer: Signer


@dataclass(frozen=True, slots=True)
class Wire:
    """The trusts of this register, the ids that were used, the seal of its answers, where both are kept."""

    audience: str
    pdnd: Pdnd | None
    direct: Direct | None
    uses: Uses
    seal: Seal
    exchanges: Exchanges
    clock: Callable[[], datetime]

    def entered(self, request: Received) -> Entered:
        """Whose request it is, by its token alone. Raises NotBelieved."""
        token = taken_apart(request.token, "token")
        door = self.pdnd if thumbprint_in(token) is None else self.direct
        if door is None:
            raise NotBelieved("token: of no trust here")
        return door.entered(token, request, self._now())

    def believed(self, by: Entered, request: Received, body: bytes) -> Believed:
        """Who sent it, once its body and its evidence hold too, and none of it came before.

        Raises NotBelieved.
        """
        digest = digest_of(body)
        signature = self._signature(by, request, body, digest)
        tracking = self._tracking(by, request)
        self.uses.take([*by.used, *_once(signature, "integrity"), *_once(tracking, "tracking")], self._now())
        guessable = request.operation in GUESSABLE
        asks = person(tracking.statement) if tracking else None
        who = by.admitted.who(UUID(by.client), by.purpose_id, asks)
        kept = Signed(
            exchange=event_id(),
            direction="request",
            at=self.clock(),
            agency=who.agency,
            client=who.client,
            operation=request.operation,
            command_id=request.command_id,
            case_id=request.case_id,
            status=None,
            digest=None if guessable else digest,
            signature=signature.statement.compact if signature and not guessable else None,
            tracking=tracking.statement.compact if tracking else None,
            keys=[dict(each.signer.key.as_dict(private=False)) for each in (signature, tracking) if each],
        )
        return Believed(who, by.client, digest, kept)

    def _signature(self, by: Entered, request: Received, body: bytes, digest: str) -> Held | None:
        """A request without a body need not be signed; a signature that is there must hold."""
        if request.signature is None and request.digest is None and not body:
            return None
        it = taken_apart(request.signature or "", "integrity")
        signer = by.signer(it, "integrity")
        of = OfBody(by.client, signer, self.audience, self._now(), request, digest)
        hold(INTEGRITY, it, of, "integrity")
        return Held(it, signer)

    def _tracking(self, by: Entered, request: Received) -> Held | None:
        if request.tracking is None and request.operation in WITHOUT_PERSON:
            return None
        it = taken_apart(request.tracking or "", "tracking")
        signer = by.signer(it, "tracking")
        of = OfPerson(by.client, signer, self.audience, self._now(), by.purpose_id, by.bound)
        hold(TRACKING, it, of, "tracking")
        hold(by.also, it, of, "tracking")
        return Held(it, signer)

    def _now(self) -> float:
        return self.clock().timestamp()


def _once(held: Held | None, kind: str) -> list[Once]:
    return [once(kind, held.signer.client, held.statement)] if held else []
