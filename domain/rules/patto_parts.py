"""What the checks of the patto read: any draft and any signature whose fields have these names."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Objective(Protocol):
    """Obiettivo generale, with the need of the assessment from which it comes."""

    @property
    def objective_id(self) -> Hashable: ...
    @property
    def need_id(self) -> Hashable: ...
    @property
    def text(self) -> str: ...


class ExpectedResult(Protocol):
    """Risultato atteso of an objective, with its time."""

    @property
    def objective_id(self) -> Hashable: ...
    @property
    def text(self) -> str: ...
    @property
    def due_on(self) -> date | None: ...


class Support(Protocol):
    """Sostegno of the catalogue of protocol art. 8."""

    @property
    def catalogue_code(self) -> str: ...


class Commitment(Protocol):
    """Impegno of one member; for the schooling of a minor, the pupil is the beneficiary."""

    @property
    def area(self) -> str: ...
    @property
    def obliged_member_id(self) -> Hashable | None: ...
    @property
    def beneficiary_member_id(self) -> Hashable | None: ...
    @property
    def frequency(self) -> str: ...
    @property
    def conditional(self) -> bool: ...
    @property
    def evidence_by(self) -> str: ...


class NotApplicableArea(Protocol):
    """An area that this household does not have, and why."""

    @property
    def area(self) -> str: ...
    @property
    def reason(self) -> str: ...


class PriorProject(Protocol):
    """Progetto of another service that came before."""

    @property
    def project_ref(self) -> str: ...
    @property
    def integrated(self) -> bool: ...


class Monitoring(Protocol):
    """Monitoraggio, verifica periodica, revisione."""

    @property
    def method(self) -> str: ...
    @property
    def review_dates(self) -> Sequence[date]: ...
    @property
    def revision_rule(self) -> str: ...


class Draft(Protocol):
    """Bozza del Patto per l'inclusione sociale."""

    @property
    def objectives(self) -> Sequence[Objective]: ...
    @property
    def expected_results(self) -> Sequence[ExpectedResult]: ...
    @property
    def supports(self) -> Sequence[Support]: ...
    @property
    def commitments(self) -> Sequence[Commitment]: ...
    @property
    def not_applicable_areas(self) -> Sequence[NotApplicableArea]: ...
    @property
    def duration(self) -> str: ...
    @property
    def proportionality_reason(self) -> str: ...
    @property
    def preferences(self) -> str: ...
    @property
    def minors_involvement(self) -> str: ...
    @property
    def prior_projects(self) -> Sequence[PriorProject]: ...
    @property
    def scheda_progetto_ref(self) -> str: ...
    @property
    def monitoring(self) -> Monitoring: ...
    @property
    def family_responsible_id(self) -> Hashable | None: ...
    @property
    def case_manager_id(self) -> Hashable | None: ...
    @property
    def team_ref(self) -> Hashable | None: ...
    @property
    def warning_text_version(self) -> str: ...


class Signatory(Protocol):
    """Firmatario: a member, when and how."""

    @property
    def member_id(self) -> Hashable: ...
    @property
    def signed_on(self) -> date | None: ...
    @property
    def method(self) -> str: ...


class Signing(Protocol):
    """Sottoscrizione del patto, or of its revision."""

    @property
    def signatories(self) -> Sequence[Signatory]: ...
    @property
    def document_hash(self) -> str: ...
    @property
    def copy_delivered_on(self) -> date | None: ...


@dataclass(frozen=True)
class Household:
    """The household on the day of the check: who is in it, who is obliged, and what the assessment found.

    `in_education`: members under the duty of schooling or in study; `equipe_formed`: an équipe follows it.
    """

    members: frozenset[Hashable]
    obliged: frozenset[Hashable]
    minors: frozenset[Hashable]
    in_education: frozenset[Hashable]
    needs: frozenset[Hashable]
    equipe_formed: bool
