"""The life of an invented household, act by act over HTTP, up to a decurtazione."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from api.who import PURPOSES_OF
from domain.catalogue import ACTS
from domain.fact import kind
from tests.integration.api.office import Office, Register

CODICE_FISCALE = "MRRSMN86C07A000L"

OF_ACCESS = {contract.path for contract in ACTS.values() if contract.aggregate == "access"}


@dataclass
class Life:
    """One case. ``said`` keeps the answer to each act, by its path."""

    register: Register
    worker: Office
    inps: Office
    case_id: UUID = field(default_factory=uuid4)
    member: UUID = field(default_factory=uuid4)
    child: UUID = field(default_factory=uuid4)
    patto: UUID = field(default_factory=uuid4)
    commitment: UUID = field(default_factory=uuid4)
    need: UUID = field(default_factory=uuid4)
    proposal: UUID = field(default_factory=uuid4)
    measure: UUID = field(default_factory=uuid4)
    convocation: UUID = field(default_factory=uuid4)
    puc_holder: str | None = None
    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def infraction(self) -> str:
        return str(self.said["missed-commitments"]["event_ids"][0])

    def tell(self, path: str, body: dict[str, Any], by: Office | None = None) -> dict[str, Any]:
        answer = told(self.act(path, body, by))
        self.said[path] = answer
        return answer

    def act(self, path: str, body: dict[str, Any], by: Office | None = None, **more: Any) -> httpx.Response:
        own = self.for_access if path in OF_ACCESS else self.worker
        return (by or own).post(f"/cases/{self.case_id}/{path}", body, **more)

    @property
    def for_access(self) -> Office:
        """The worker, come to answer who asked to see the file."""
        return self.register.office("servizio-sociale", purpose="ACCESS")

    def begin(self) -> Life:
        """Referred, and assigned to a social worker."""
        answer = told(self.worker.post("/cases", referral()))
        self.case_id = UUID(answer["case_id"])
        self.tell("assignments", assignment(self.worker))
        return self

    def to_patto(self) -> Life:
        """Convoked, met, analysed, obliged, and the patto signed."""
        self.tell("households", household(self.member, self.child))
        self.tell("obligation-evaluations", {"member_id": str(self.member), "evaluated_for": "2025-03-10"})
        self.tell("convocations", self._convocation())
        delivery = {"convocation_id": str(self.convocation), "member_id": str(self.member)}
        self.tell(
            "deliveries", delivery | {"delivered_at": "2025-03-11T09:00:00Z", "proof_ref": "ricevuta/1"}
        )
        self.tell("appointments", self._meeting())
        self.tell("analyses", self._analysis())
        self.tell("patto-drafts", self._draft())
        self.tell("patto-signatures", self._signature())
        return self

    def refer_to_cpi(self) -> Life:
        """Assessed as activable to work, and sent to the Centro per l'impiego."""
        who = {"member_id": str(self.member)}
        assessed = {"activable": True, "rationale": "nessun impedimento", "assessed_on": "2025-04-14"}
        self.tell("activability-assessments", who | assessed)
        sent = {"referral_id": str(uuid4()), "destination": "CPI", "destination_id": "cpi"}
        self.tell("employment-referrals", who | sent | {"referred_on": "2025-04-15"})
        return self

    def to_proposal(self) -> Life:
        """An encounter missed, a reason asked for and not given, a decurtazione proposed and reported."""
        self.tell("missed-commitments", self.missed())
        asked = {"infraction_ref": self.infraction, "member_id": str(self.member), "asked_on": "2025-05-14"}
        self.tell("reason-requests", asked | {"channel": "EMAIL", "respond_by": "2025-05-24"})
        self.tell("sanction-proposals", self.proposed())
        self.tell("inps-reports", self._report())
        return self

    def to_measure(self) -> Life:
        """The decurtazione that INPS ordered, as INPS records it."""
        self.tell("decurtazioni", self.ordered(), self.inps)
        return self

    def missed(self) -> dict[str, Any]:
        return {
            "patto_id": str(self.patto),
            "commitment_id": str(self.commitment),
            "area": "CONTACTS",
            "member_id": str(self.member),
            "missed_on": "2025-05-12",
            "facts": "Non si è presentato (fatto inventato)",
            "reporter": "servizio-sociale",
            "ascertained_by": str(self.worker.subject),
            "ascertained_on": "2025-05-13",
        }

    def proposed(self) -> dict[str, Any]:
        refs = {"infraction_refs": [self.infraction]}
        return refs | {"proposal_id": str(self.proposal), "proposed_measure": "DECURTAZIONE"}

    def ordered(self) -> dict[str, Any]:
        return {
            "measure_id": str(self.measure),
            "proposal_id": str(self.proposal),
            "infraction_refs": [self.infraction],
            "legal_ref": "protocollo d'intesa, premessa",
            "authority": "INPS",
            "act_ref": "INPS-INVENTATO-1",
            "ordered_on": "2025-06-16",
            "motivation": "Impegno non rispettato",
            "affected_scope": "HOUSEHOLD",
            "remedies": [{"body": "INPS, riesame", "term": "30 giorni"}],
            "months_fraction": self.said["sanction-proposals"].get("months_fraction", "1/4"),
            "effective_from": "2025-07",
        }

    def _convocation(self) -> dict[str, Any]:
        return {
            "convocation_id": str(self.convocation),
            "member_ids": [str(self.member)],
            "appointment_at": "2025-03-24T10:00:00+01:00",
            "place": "Sportello sociale",
            "channel": "EMAIL",
            "contact_used": [
                {
                    "member_id": str(self.member),
                    "channel": "EMAIL",
                    "value": "nessuno@example.org",
                    "from_event_id": self.said["households"]["event_ids"][0],
                }
            ],
            "text_ref": "testi/convocazione-1",
            "text_hash": "00" * 32,
            "language": "it",
            "sent_at": "2025-03-11T08:00:00Z",
            "purpose": "FIRST_APPOINTMENT",
            "warning_text_version": "1",
        }

    def _meeting(self) -> dict[str, Any]:
        return {
            "appointment_id": str(uuid4()),
            "convocation_id": str(self.convocation),
            "held_on": "2025-03-24",
            "kind": "CONVOCATO",
            "seat": "SERVIZIO_SOCIALE",
            "attendees": [str(self.member)],
        }

    def _analysis(self) -> dict[str, Any]:
        return {
            "analysis_id": str(uuid4()),
            "instrument_version": "1",
            "completed_on": "2025-03-31",
            "needs_by_area": [{"need_id": str(self.need), "area": "WORK", "level": "LOW"}],
            "outcomes": [
                {"member_id": str(member), "outcome": "PAIS_SOCIAL"} for member in (self.member, self.child)
            ],
            "operator_id": str(self.worker.subject),
        }

    def _draft(self) -> dict[str, Any]:
        objective = str(uuid4())
        return {
            "patto_id": str(self.patto),
            "version": 1,
            "objectives": [
                {"objective_id": objective, "need_id": str(self.need), "text": "Trovare un lavoro"}
            ],
            "expected_results": [
                {
                    "result_id": str(uuid4()),
                    "objective_id": objective,
                    "text": "Un corso concluso",
                    "due_on": "2026-03-31",
                }
            ],
            "supports": [],
            "commitments": [
                {
                    "id": str(self.commitment),
                    "area": "CONTACTS",
                    "obliged_member_id": str(self.member),
                    "text": "Colloquio con l'assistente sociale",
                    "frequency": "ogni due settimane",
                    "conditional": True,
                    "evidence_by": "servizio-sociale",
                },
                *self._puc_line(),
            ],
            "not_applicable_areas": [
                {"area": "SCHOOLING", "reason": "nessun bisogno"},
                {"area": "HEALTH", "reason": "nessun bisogno"},
            ],
            "duration": "dodici mesi",
            "proportionality_reason": "Gli impegni stanno nei tempi del nucleo",
            "preferences": "Incontri al mattino",
            "minors_involvement": "ascoltati a casa",
            "prior_projects": [],
            "scheda_progetto_ref": "scheda/1",
            "monitoring": {
                "method": "colloquio",
                "review_dates": ["2025-09-30"],
                "revision_rule": "su richiesta",
            },
            "family_responsible_id": str(self.member),
            "case_manager_id": str(self.worker.subject),
            "warning_text_version": "1",
        }

    def _puc_line(self) -> list[dict[str, Any]]:
        if self.puc_holder is None:
            return []
        line = {"id": str(uuid4()), "area": "PUC", "obliged_member_id": str(self.member)}
        text = {"text": "Cura del verde", "frequency": "otto ore a settimana", "conditional": True}
        return [line | text | {"evidence_by": self.puc_holder}]

    def _signature(self) -> dict[str, Any]:
        return {
            "patto_id": str(self.patto),
            "version": 1,
            "signed_on": "2025-04-14",
            "signatories": [{"member_id": str(self.member), "signed_on": "2025-04-14", "method": "OLOGRAFA"}],
            "reasons": [{"check": "PA-10", "reason": "nessun PUC con un posto libero"}],
            "document_hash": "11" * 32,
            "copy_delivered_on": "2025-04-14",
            "case_manager_id": str(self.worker.subject),
        }

    def _report(self) -> dict[str, Any]:
        return {
            "report_id": str(uuid4()),
            "proposal_id": str(self.proposal),
            "infraction_refs": [self.infraction],
            "facts": "Fatto accertato e motivo chiesto",
            "article_and_letter": "DL 48/2023 art. 8 c. 6 lett. c)",
            "reason_status": "NONE_GIVEN",
            "reported_on": "2025-05-27",
            "siisl_receipt": "SIISL-1",
        }


def told(answer: httpx.Response) -> dict[str, Any]:
    """The body of an act that was recorded."""
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def new_life(register: Register) -> Life:
    return Life(register, register.office("servizio-sociale"), register.office("inps", "machine"))


def referral(**given: Any) -> dict[str, Any]:
    return {
        "household_id": str(uuid4()),
        "residence_comune": "058091",
        "ats": "ats-1",
        "benefit": "ADI",
        "referred_on": "2025-03-03",
    } | given


def assignment(to: Office, agency: str = "servizio-sociale", role: str = "SOCIAL_WORKER") -> dict[str, Any]:
    return {
        "assignment_id": str(uuid4()),
        "person_id": str(to.subject),
        "agency": agency,
        "role": role,
        "purpose": PURPOSES_OF[kind(agency)][0],
        "from_on": "2025-03-04",
    }


def household(member: UUID, child: UUID, **given: Any) -> dict[str, Any]:
    """A father and a daughter of school age: with her in the house he is obliged."""
    father = {
        "member_id": str(member),
        "name": "Simone",
        "surname": "Marrocù",
        "tax_code": CODICE_FISCALE,
        "birth_date": "1986-03-07",
        "relationship": "RICHIEDENTE",
        "residence_address": "Piazza che non c'è, 48",
        "contacts": [
            {"channel": "EMAIL", "value": "nessuno@example.org", "safe": True, "verified_on": "2025-03-05"}
        ],
        "needs_mediation": False,
    }
    daughter = father | {
        "member_id": str(child),
        "name": "Noemi",
        "tax_code": "MRRNMO15A68A000R",
        "birth_date": "2015-01-28",
        "relationship": "FIGLIA",
        "contacts": [],
    }
    return {"members": [father | given, daughter], "source": "ANPR", "verified_on": "2025-03-05"}


def protocol() -> dict[str, Any]:
    return {
        "protocol_id": str(uuid4()),
        "signatories": [
            {"agency": agency, "represented_by": "un legale rappresentante", "signed_on": "2024-12-16"}
            for agency in ("ats", "cpi", "ust", "asl", "comune-058091")
        ],
        "effective_on": "2025-01-01",
        "document_ref": "protocollo/1",
        "on_withdrawal": "SIGNATORY_LEAVES",
    }


def sign(register: Register) -> None:
    """The protocol, in force before any of these lives begins."""
    told(register.office("ats", "SOCIAL_OPERATOR").post("/protocols", protocol()))
