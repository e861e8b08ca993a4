"""Every setting of a deployment, each with the reason of its default. Environment: ``AMBITO_<NAME>``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEMO_RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")


class Settings(BaseSettings):
    """What the processes of one Ambito need to know."""

    model_config = SettingsConfigDict(env_prefix="AMBITO_", extra="ignore")

    ambito: str = Field(default="demo", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    """Code of the Ambito; it stands in the topics' names, so two Ambiti can share a broker."""

    var: Path = Path("var")
    """Everything a local stack writes. In the project's folder, so that removing it removes all."""

    recipients: Annotated[tuple[str, ...], NoDecode] = DEMO_RECIPIENTS
    """Who receives: agencies or units, comma-separated. The demonstration's four by default."""

    admin_database_url: str | None = None
    """Owner of the Ambito's database on a server that runs; none: a PostgreSQL of our own under var."""

    database_url: str | None = None
    """The application's login (role ambito_app): may execute and select, nothing else."""

    views_database_url: str | None = None
    """The login that keeps the Ambito's own views (role ambito_views)."""

    recipient_database_url: str | None = None
    """A recipient's own database, for ``ambito subscribe``."""

    key_file: Path | None = None
    """Keys of persons and cases; none: under var."""

    key_encryption_key: Path | None = None
    """What wraps them: a file kept apart from the keys in any deployment that is not a demonstration."""

    api_url: str | None = None
    """Where the API answers, for who calls it: import, subscribers, the demo."""

    api_host: str = "127.0.0.1"
    """Loopback: a deployment puts its gateway in front."""

    api_port: int = 0
    """0: a free one, kept for the next start."""

    token_key: Path | None = None
    """Private key of the local token issuer, for development; none: under var."""

    kafka_bootstrap: str | None = None
    """A broker that runs; none: one of our own under var, where Java and its jars can be had."""

    kafka_username: str | None = None
    kafka_password: str | None = None

    kafka_security_protocol: Literal["SASL_PLAINTEXT", "SASL_SSL"] = "SASL_PLAINTEXT"
    """Plain on loopback, where our own broker listens; SASL_SSL for any other."""

    require_kafka: bool = False
    """Whether to refuse the REST feed as a stand-in where no broker can run."""

    rule_setting: Literal["PROTOCOLLO-ADI", "ADI-2023"] = "PROTOCOLLO-ADI"
    """The protocol as signed while it is in force, or the statute alone (DOMAIN 7.3)."""

    @field_validator("recipients", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(code.strip() for code in value.split(",")) if isinstance(value, str) else value

    @property
    def keys(self) -> tuple[Path, Path]:
        """The file of keys, and that of the key which wraps them."""
        folder = self.var / "keys"
        return (
            self.key_file or folder / "ledger.sqlite",
            self.key_encryption_key or folder / "key-encryption-key",
        )

    @property
    def issuer_key(self) -> Path:
        return self.token_key or self.var / "keys" / "token-issuer.jwk"
