"""Every setting of a deployment, each with the reason of its default. Environment: ``AMBITO_<NAME>``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.case.commands import Law
from domain.ledger.note import ED25519, VerifierKey
from domain.refused import Refused
from domain.rules.sound import check_readings

ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
"""An address that any server takes: ASCII, and nothing that ends a header."""

DEMO_RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")


class Settings(BaseSettings):
    """What the processes of one Ambito need to know."""

    model_config = SettingsConfigDict(env_prefix="AMBITO_", extra="ignore")

    ambito: str = Field(default="demo", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    """Code of the Ambito; it stands in the topics' names, so two Ambiti can share a broker."""

    var: Path = Path("var")
    """Everything a local stack writes. In the project's folder, so that removing it removes all."""

    recipients: Annotated[tuple[str, ...], NoDecode] = DEMO_RECIPIENTS
    """Whom ``ambito up`` lets receive at first, comma-separated; ``ambito agency`` changes it from then on.
    The demonstration's four by default."""

    admin_database_url: str | None = None
    """Owner of the Ambito's database on a server that runs; none: a PostgreSQL of our own under var."""

    database_url: str | None = None
    """The application's login (role ambito_app): may execute and select, nothing else."""

    views_database_url: str | None = None
    """The login that keeps the Ambito's own views (role ambito_views)."""

    recipient_database_url: str | None = None
    """A recipient's own database, for ``ambito subscribe`` and ``ambito serve --agency``."""

    key_file: Path | None = None
    """Keys of persons and cases; none: under var."""

    key_encryption_key: Path | None = None
    """What wraps them: a file kept apart from the keys in any deployment that is not a demonstration."""

    pkcs11_module: Path | None = None
    """The library of a PKCS#11 module, from which the key-encryption key never leaves; none: it is a file."""

    pkcs11_token: str | None = None
    """The label of the token: a slot's number may change with every start, its label does not."""

    pkcs11_pin: SecretStr | None = None
    """The PIN of the token's user; read once at the start, and in no log."""

    pkcs11_key: str = "ambito"
    """The label of the key-encryption keys in the token: two registers in one HSM each have their own."""

    backups: Path | None = None
    """Where our own PostgreSQL archives its write-ahead log, and ``ambito backup`` puts base backups; on
    another disk. None: nothing is archived, for a demonstration."""

    key_backups: Path | None = None
    """Where ``ambito backup`` copies the keys: apart from the backups, for a few days only."""

    api_url: str | None = None
    """Where the API answers, for who calls it: import, subscribers, the demo."""

    api_host: str = "127.0.0.1"
    """Loopback: a deployment puts its gateway in front."""

    api_port: int = 0
    """0: a free one, kept for the next start."""

    rate_limit: int = Field(default=12_000, ge=1)
    """Requests of one client for one purpose in ``rate_window``: a person makes tens a minute, an import or a
    feed from its beginning hundreds a second for a while. Each process of the API counts its own."""

    rate_window: int = Field(default=60, ge=1, le=86_400)
    """Seconds in which a client that used up its requests has all of them again."""

    requests_at_once: int = Field(default=64, ge=1)
    """Requests that a process has in hand; one more is told to come again, at once. 40 threads serve them."""

    request_seconds: float = Field(default=12.0, gt=0)
    """Until an answer, and until SIGTERM ends what is in hand; a statement has two thirds of it."""

    drain_seconds: float = Field(default=0.0, ge=0)
    """From SIGTERM to the closing of the port, with ``/readyz`` saying no: what a balancer needs to notice.
    0: there is none in front."""

    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where this process serves ``/metrics``, on loopback alone; none: nowhere. ``ambito up`` gives each of
    its processes one of its own, counted on from here."""

    production: bool = False
    """Whether people's data are here: then tokens for development are refused, by each server. False, for a
    demonstration has no other tokens; who deploys says it, and is told at the start while it is not said."""

    trust: Path | None = None
    """Whom the API admits, by PDND and outside it (TOML, docs/security.md); none: tokens for development."""

    client: Path | None = None
    """For a recipient: how its processes prove themselves to the register (TOML, docs/security.md); none:
    with a token for development, which a register in production refuses."""

    token_key: Path | None = None
    """Private key of the local token issuer, for development; none: under var."""

    token_public_key: Path | None = None
    """The issuer's public key as JWK, for the server of an office, which issues nothing; none: under var."""

    log_key: Path | None = None
    """Private key that signs the log and seals bundles, for the relay and the API; none: under var."""

    log_vkey: str | None = None
    """For a recipient: the key it believes the log with, as ``GET /log/keys`` has it, compared by people."""

    checkpoint_events: int = Field(default=1024, ge=1)
    """Events from one checkpoint to the next at most: about one a second while a file is imported."""

    checkpoint_seconds: float = Field(default=10.0, gt=0)
    """Seconds that an event waits for its checkpoint at most: until then no witness would miss it."""

    kafka_bootstrap: str | None = None
    """A broker that runs; none: one of our own under var, where Java and its jars can be had."""

    kafka_username: str | None = None
    kafka_password: str | None = None

    kafka_admin_username: str | None = None
    kafka_admin_password: SecretStr | None = None
    """Who gives topics, logins and rights on a broker of somebody else, for ``ambito agency`` alone."""

    kafka_ca: Path | None = None
    """Who signed the broker's certificate (PEM), where that is one's own authority. It is always TLS."""

    require_kafka: bool = False
    """Whether to refuse the REST feed as a stand-in where no broker can run."""

    rule_setting: Literal["PROTOCOLLO-ADI", "ADI-2023"] = "PROTOCOLLO-ADI"
    """The protocol as signed while it is in force, or the statute alone (DOMAIN 7.3)."""

    rule_readings: dict[str, int | str] = {}
    """Readings of this Ambito where the law leaves one open (``min_notice_days``, ``counts_from``,
    ``d18_days``, ``patron_saint`` …), as a JSON object; what is not named is as shipped."""

    smtp_host: str | None = None
    """The Ambito's mail server; none: the mailer stays idle, the convocations wait in the log."""

    smtp_port: int = 587
    """Submission with STARTTLS (RFC 6409); 465 where ``smtp_tls`` is ``tls``."""

    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """A server that does not offer it gets nothing; ``none`` is for a sink on this machine."""

    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    """Given to the mailer alone, and never sent in clear."""

    smtp_ca: Path | None = None
    """Who signed the server's certificate, where that is an authority of one's own."""

    smtp_from: str | None = Field(default=None, pattern=ADDRESS)
    """Whose name the convocations bear: a mailbox of the Ambito that accepts what bounces."""

    mailboxes: Annotated[dict[str, str], NoDecode] = {}
    """The address of each seat of the équipe, as a JSON object or the path of a file with one. No seat's is
    guessed, and there is none for the whole ASL: each unit has its own (DOMAIN section 9)."""

    public_url: str | None = None
    """Where others reach the register, for the links to an extract and to the schema of a message; none:
    where we call it ourselves."""

    @field_validator("mailboxes", mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value if value.lstrip().startswith("{") else Path(value).read_text("utf-8"))
        except OSError as error:
            raise ValueError(f"neither a JSON object nor a file that can be read: {error.strerror}") from None

    @field_validator("mailboxes")
    @classmethod
    def _one_for_each_seat(cls, value: dict[str, str]) -> dict[str, str]:
        if "asl" in value:
            raise ValueError("asl: a mailbox for each unit (asl-serd, asl-csm), none for the whole ASL")
        wrong = sorted(seat for seat, address in value.items() if not re.fullmatch(ADDRESS, address))
        if wrong:
            raise ValueError(f"not an address: {', '.join(wrong)}")
        return value

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.smtp_tls == "none" and self.smtp_user is not None:
            raise ValueError("smtp_user: a password is not sent without TLS")
        return self

    @model_validator(mode="after")
    def _whole_module(self) -> Self:
        if self.pkcs11_module is not None and (self.pkcs11_token is None or self.pkcs11_pin is None):
            raise ValueError("pkcs11_module: its token and PIN too (AMBITO_PKCS11_TOKEN, AMBITO_PKCS11_PIN)")
        return self

    @field_validator("recipients", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(code.strip() for code in value.split(",")) if isinstance(value, str) else value

    @field_validator("recipients")
    @classmethod
    def _no_topic_of_all(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "checkpoints" in value:
            raise ValueError("checkpoints: is the topic of the log's checkpoints, no recipient")
        return value

    @field_validator("log_vkey")
    @classmethod
    def _verifies(cls, value: str | None) -> str | None:
        if value is not None and VerifierKey.read(value).kind != ED25519:
            raise ValueError("is the key of a witness, not of a log")
        return value

    @field_validator("rule_readings")
    @classmethod
    def _known(cls, value: dict[str, int | str]) -> dict[str, int | str]:
        try:
            check_readings(value)
        except Refused as refused:
            raise ValueError(refused.because) from None
        return value

    @property
    def law(self) -> Law:
        """What the Ambito chose where the law leaves a choice."""
        return Law(setting=self.rule_setting, settings=self.rule_readings)

    @property
    def keys(self) -> tuple[Path, Path]:
        """The file of keys, and that of the key which wraps them."""
        folder = self.var / "keys"
        return (
            self.key_file or folder / "ledger.sqlite",
            self.key_encryption_key or folder / "key-encryption-key",
        )

    @property
    def signing_key(self) -> Path:
        return self.log_key or self.var / "keys" / "log-signing.jwk"

    @property
    def issuer_key(self) -> Path:
        return self.token_key or self.var / "keys" / "token-issuer.jwk"

    @property
    def issuer_public_key(self) -> Path:
        return self.token_public_key or self.var / "token-issuer.pub.jwk"
