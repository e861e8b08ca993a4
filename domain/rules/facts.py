"""The facts on which an infraction rests. They are complete: what is not given did not happen."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Standing = Literal["obliged", "excluded", "voluntary", "household"]
Reason = Literal["none", "not_asked", "accepted", "rejected"]
Area = Literal["CONTACTS", "SCHOOLING", "HEALTH", "PUC", "TRAINING"]


@dataclass(frozen=True)
class Convocation:
    """A convocation and its recapito; `delivered_on` is None where nothing proves it.

    A notice in SIISL counts as the recapito where the contacts are not valid (DM 154/2023
    art. 7 c. 2 lett. a)).
    """

    appointment_on: date
    attended: bool
    delivered_on: date | None = None
    sent_on: date | None = None


@dataclass(frozen=True)
class Term:
    """A term of the household, seen on `as_of`; `exempt` where it does not bind (D2: 60 and over, others)."""

    starts_on: date
    days: int
    as_of: date
    met_on: date | None = None
    convocation_sent: bool = False
    exempt: bool = False


@dataclass(frozen=True)
class Patto:
    """The patto of the member on the day of the fact, or the one that was offered and refused."""

    kind: Literal["PAIS", "PSP"]
    in_force: bool
    refused: bool = False


@dataclass(frozen=True)
class Commitment:
    """A commitment as the patto of that day has it; one that is not conditional is as not in the patto."""

    area: Area
    in_patto_on_fact_date: bool
    missed: bool


@dataclass(frozen=True)
class Offer:
    """An offer of work; a distance or a travel time that is None is not known."""

    contract: Literal["permanent", "fixed_term", "agency"]
    fte_pct: int
    wage_ok: bool
    refused: bool
    distance_km: int | None = None
    public_transport_min: int | None = None
    child_under_14: bool = False


@dataclass(frozen=True)
class Facts:
    """One infraction as ascertained: whose, when, which reason was given, and the facts that make it.

    `reason` is the giustificato motivo: `none` where it was asked and none was given.
    """

    benefit: str
    fact_date: date
    member: Standing
    reason: Reason
    convocation: Convocation | None = None
    term: Term | None = None
    patto: Patto | None = None
    commitment: Commitment | None = None
    offer: Offer | None = None
    age: int | None = None
    compulsory_education_done: bool = False
