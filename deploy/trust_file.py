"""The file of trusts (TOML), as it is written: each part of it, and what is wrong with it by name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.who import PURPOSES, PURPOSES_OF, ROLES
from domain.fact import KINDS, kind


class CannotTrust(RuntimeError):
    """A file of trusts that cannot be used; the text names the file and what is wrong where."""


def _one_of(known: Iterable[str], text: str) -> str:
    if text not in known:
        raise ValueError(f"one of {', '.join(sorted(known))}")
    return text


def _agency(code: str) -> str:
    if kind(code) not in set(KINDS) - {"system"}:
        raise ValueError(f"its kind is one of {', '.join(sorted(set(KINDS) - {'system'}))}")
    return code


def _over_tls(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _on_this_machine(parts.hostname)):
        raise ValueError("must be https, or http on this machine alone")
    return url.rstrip("/")


def _on_this_machine(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def _no_path(url: str) -> str:
    if urlsplit(url).path:
        raise ValueError("without a path: that of a request comes after it")
    return url


Url = Annotated[str, AfterValidator(_over_tls)]
Address = Annotated[Url, AfterValidator(_no_path)]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class Part(BaseModel):
    """A part of a file: what it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Purpose(Part):
    """A purpose as the consumer declared it (its ``purposeId``), and what it is to us."""

    id: Text
    purpose: Annotated[str, AfterValidator(partial(_one_of, PURPOSES))]
    role: Annotated[str, AfterValidator(partial(_one_of, ROLES))]


class Consumer(Part):
    """Which agency somebody stands for, and for which purposes."""

    agency: Annotated[str, AfterValidator(_agency)]
    unit: Text | None = None
    purposes: Annotated[list[Purpose], Field(min_length=1)]

    @model_validator(mode="after")
    def _its_own(self) -> Self:
        own = PURPOSES_OF[kind(self.agency)]
        if foreign := sorted({each.purpose for each in self.purposes}.difference(own)):
            raise ValueError(f"{', '.join(foreign)}: no purpose of this agency, which has {', '.join(own)}")
        return self


class OfPdnd(Consumer):
    """By its ``consumerId``."""

    consumer: UUID


class Outside(Consumer):
    """By its certificates, each under the id that was agreed on."""

    client: UUID
    certificates: Annotated[list[Path], Field(min_length=1)]


class OurClientFile(Part):
    """What we ask PDND with."""

    client: UUID
    kid: Text
    key: Path
    audience: Text
    token_url: Url


class PdndFile(Part):
    """PDND, and our e-service on it."""

    issuer: Text
    jwks: Url
    keys: Url
    producer: UUID
    eservice: UUID
    descriptors: Annotated[list[UUID], Field(min_length=1)]
    client: OurClientFile | None = None
    consumers: Annotated[list[OfPdnd], Field(min_length=1)]


class AnswersFile(Part):
    """What answers are signed with."""

    key: Path
    kid: Text
    certificate: Path | None = None


class TrustFile(Part):
    """All of it."""

    address: Address
    audience: Text
    answers: AnswersFile
    pdnd: PdndFile | None = None
    direct: list[Outside] = []


def read(path: Path) -> TrustFile:
    """What stands in a file. Raises CannotTrust."""
    try:
        said = TrustFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise CannotTrust(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotTrust(f"{path}: is not TOML in UTF-8: {error}") from None
    except ValidationError as error:
        raise CannotTrust(f"{path}: {wrongs(error)}") from None
    if said.pdnd is None and not said.direct:
        raise CannotTrust(f"{path}: pdnd or direct: neither is there, so nobody could come in")
    return said


def wrongs(error: ValidationError) -> str:
    """What is wrong in a file, and where. No value is repeated: it might be a secret in the wrong place."""
    found = error.errors(include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
