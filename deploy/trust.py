"""The trusts of the API, made of their file: read once, at the start, and whole."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import RSAKey

from api.security.admitted import Admitted
from api.security.answers import Seal
from api.security.claims import Signer
from api.security.client_keys import ClientKeys
from api.security.direct import Direct, thumbprint
from api.security.fetched import fetch
from api.security.jwks import Jwks
from api.security.once import Uses
from api.security.own_voucher import OurClient, OwnVoucher
from api.security.pdnd import Pdnd
from api.security.voucher import Eservice
from api.security.wire import Wire
from deploy import pem
from deploy.trust_file import AnswersFile, CannotTrust, Consumer, OurClientFile, PdndFile, TrustFile, read
from domain.ledger.exchanges import Exchanges
from domain.ledger.recorder import Pool


def wire(path: Path, pool: Pool, clock: Callable[[], datetime]) -> Wire:
    """The trusts of a file (TOML); paths in it are relative to it. Raises CannotTrust."""
    said, beside = read(path), path.parent
    try:
        return Wire(
            audience=said.audience,
            pdnd=_pdnd(said, said.pdnd, beside, clock) if said.pdnd else None,
            direct=_direct(said, beside) if said.direct else None,
            uses=Uses(pool),
            seal=_seal(said.answers, beside, said.audience),
            exchanges=Exchanges(pool),
            clock=clock,
        )
    except ValueError as error:
        raise CannotTrust(f"{path}: {error}") from None


def _pdnd(said: TrustFile, pdnd: PdndFile, beside: Path, clock: Callable[[], datetime]) -> Pdnd:
    def now() -> float:
        return clock().timestamp()

    eservice = Eservice(
        issuer=pdnd.issuer,
        audience=said.audience,
        producer=str(pdnd.producer),
        eservice=str(pdnd.eservice),
        descriptors=frozenset(map(str, pdnd.descriptors)),
        admitted=_table((str(each.consumer), each) for each in pdnd.consumers),
    )
    headers: Callable[[], dict[str, str]] = dict
    if pdnd.client is not None:
        headers = OwnVoucher(_us(pdnd.client, beside), fetch, now).headers
    return Pdnd(
        eservice,
        said.address,
        Jwks(partial(fetch, pdnd.jwks), now),
        ClientKeys(lambda kid: fetch(f"{pdnd.keys}/keys/{quote(kid, safe='')}", headers()), now),
    )


def _us(client: OurClientFile, beside: Path) -> OurClient:
    return OurClient(
        str(client.client), client.kid, pem.private(beside / client.key), client.audience, client.token_url
    )


def _table(consumers: Iterable[tuple[str, Consumer]]) -> dict[tuple[str, str], Admitted]:
    table: dict[tuple[str, str], Admitted] = {}
    for name, each in consumers:
        for one in each.purposes:
            if (name, one.id) in table:
                raise ValueError(f"the purpose {one.id} of {name} stands there twice")
            table[name, one.id] = Admitted(each.agency, each.unit, one.role, one.purpose)
    return table


def _direct(said: TrustFile, beside: Path) -> Direct:
    signers: dict[str, Signer] = {}
    for each in said.direct:
        for path in each.certificates:
            certificate = pem.certificate(beside / path)
            named = thumbprint(certificate.public_bytes(Encoding.DER))
            if named in signers:
                raise ValueError(f"{path}: a certificate is of one client, and this one stands there twice")
            signers[named] = _of(certificate, str(each.client), path)
    return Direct(said.audience, signers, _table((str(each.client), each) for each in said.direct))


def _of(certificate: x509.Certificate, client: str, path: Path) -> Signer:
    valid = (certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp())
    return Signer(client, pem.key_of(certificate, path), valid)


def _seal(said: AnswersFile, beside: Path, issuer: str) -> Seal:
    key = pem.private(beside / said.key)
    header = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "typ": "JWT", "kid": said.kid}
    if said.certificate is None:
        return Seal(key, header, issuer)
    certificate = pem.certificate(beside / said.certificate)
    if pem.key_of(certificate, said.certificate).thumbprint() != key.thumbprint():
        raise ValueError(f"{said.certificate}: is not the certificate of {said.key}")
    der = certificate.public_bytes(Encoding.DER)
    return Seal(key, {**header, "x5c": [b64encode(der).decode()]}, issuer)
