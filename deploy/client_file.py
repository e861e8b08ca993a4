"""The file of a client (TOML): how an agency's own processes prove themselves to a register."""

from __future__ import annotations

import tomllib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from api.security.fetched import NotFetched, fetch
from api.security.own_voucher import OurClient, OwnVoucher
from consumers.client.failures import CallFailed
from consumers.signing import Client
from deploy.pem import certificate, key_of, private
from deploy.trust_file import Part, Text, Url, wrongs


class CannotCall(RuntimeError):
    """A file of a client that cannot be used; the text names the file and what is wrong where."""


class OnPdnd(Part):
    """What the client is on PDND."""

    kid: Text
    audience: Text
    token_url: Url


class ClientFile(Part):
    """A client: on PDND, or with a certificate that the register knows."""

    client: UUID
    audience: Text
    purpose: Text
    key: Path
    certificate: Path | None = None
    pdnd: OnPdnd | None = None


@dataclass(frozen=True, slots=True)
class Proofs:
    """What goes with a call: ``token`` gives that of the moment, ``over`` the headers that sign a body and
    what it is sent with.
    """

    token: Callable[[], str]
    over: Callable[[bytes, Mapping[str, str]], dict[str, str]]


def proofs(path: Path, clock: Callable[[], float]) -> Proofs:
    """Those of a client. Paths in its file are relative to it. Raises CannotCall."""
    try:
        said = ClientFile.model_validate(tomllib.loads(path.read_text("utf-8")))
        return _proofs(said, path.parent, clock)
    except OSError as error:
        raise CannotCall(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        raise CannotCall(f"{path}: {wrongs(error)}") from None
    except ValueError as error:
        raise CannotCall(f"{path}: {error}") from None


def _voucher(voucher: OwnVoucher) -> str:
    """A PDND that is away is a call that failed: it is tried again."""
    try:
        return voucher.token()
    except NotFetched:
        raise CallFailed(0, "PDND gives no voucher") from None


def _proofs(said: ClientFile, beside: Path, clock: Callable[[], float]) -> Proofs:
    key, client = private(beside / said.key), str(said.client)
    if said.pdnd is not None:
        us = OurClient(client, said.pdnd.kid, key, said.pdnd.audience, said.pdnd.token_url, said.purpose)
        voucher = OwnVoucher(us, fetch, clock)
        return Proofs(
            partial(_voucher, voucher), Client(client, key, {"kid": us.kid}, said.audience, clock).over
        )
    if said.certificate is None:
        raise ValueError("certificate or pdnd: neither is there, so the register could not know who calls")
    ours = certificate(beside / said.certificate)
    if key_of(ours, said.certificate).thumbprint() != key.thumbprint():
        raise ValueError(f"{said.certificate}: is not the certificate of {said.key}")
    name = {"x5c": [b64encode(ours.public_bytes(Encoding.DER)).decode()]}
    signer = Client(client, key, name, said.audience, clock)
    return Proofs(lambda: signer.token(said.purpose), signer.over)
