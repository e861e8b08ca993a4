"""Cases told in a few words: facts with fixed ids, every field that is not named filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.case import parts
from domain.case.events import (
    AppointmentHeld,
    AppointmentMissed,
    CaseClosed,
    CaseReferred,
    CommitmentMissed,
    DecurtazioneOrdered,
    EquipeFormed,
    EventCorrected,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    InfractionReportedToInps,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
)
from domain.case.state import Case, fold
from domain.contract import contract_of, cut, encode, pattern
from domain.disclosure import Shown, disclose
from domain.fact import Fact, Recorder
from tests.goldens import example

DAY = date(2025, 3, 1)
COMUNE = "comune-058091"
RECIPIENTS = (
    "servizio-sociale",
    "ats",
    COMUNE,
    "cpi",
    "accreditato-1",
    "ust",
    "asl",
    "asl-serd",
    "mmg-1",
    "ets-1",
    "puc-1",
    "sil",
    "inps",
)
"""One recipient of every kind of agency of the protocol."""


def uid(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:ambito:test:{name}")


ANNA, BRUNO, CARLO = uid("Anna"), uid("Bruno"), uid("Carlo")
"""Two adults and their son."""

SOCIAL = Recorder("servizio-sociale", "SOCIAL_WORKER", uid("social worker"))
CASE, PATTO, TEAM = uid("case"), uid("patto"), uid("team")


def by(seat: str) -> Recorder:
    """An operator of a recipient: of ``asl`` for ``asl-serd``, with the unit beside it."""
    agency, _, unit = seat.partition("-") if seat.startswith("asl-") else (seat, "", "")
    return Recorder(agency, "OPERATOR", uid(f"operator of {seat}"), seat if unit else None)


def make(event_type: type, **fields: Any) -> Any:
    """A fact with every field filled in; those that matter are named."""
    return replace(_full(event_type), **fields)


@cache
def _full(event_type: type) -> Any:
    return example(event_type, event_type.__name__)


class Story:
    """The facts of a case, in order."""

    def __init__(self, *events: Any, recorder: Recorder = SOCIAL) -> None:
        self.facts: list[Fact[Any]] = []
        for event in events:
            self.add(event, recorder)

    def add(self, event: Any, recorder: Recorder = SOCIAL) -> Fact[Any]:
        version = len(self.facts) + 1
        fact = Fact(
            event_id=uid(f"event {version}"),
            case_id=CASE,
            version=version,
            event=event,
            recorder=recorder,
            known_on=DAY,
            purpose="TAKING_CHARGE",
            command_id=uid(f"command {version}"),
            correlation_id=uid(f"command {version}"),
            position=version,
            recorded_at=datetime(2025, 3, 1, 9, 0, version % 60, tzinfo=UTC),
        )
        self.facts.append(fact)
        return fact

    @property
    def case(self) -> Case:
        return fold(self.facts)

    def shown(self, fact: Fact[Any], recipient: str) -> Shown | None:
        return disclose(fact, self.case, recipient)

    def tells(self, event: Any, recipient: str, recorder: Recorder = SOCIAL) -> Any:
        """What a recipient reads of one more fact, as plain JSON; None for nothing."""
        fact = self.add(event, recorder)
        return read(fact, self.shown(fact, recipient))


def read(fact: Fact[Any], shown: Shown | None) -> Any:
    return None if shown is None else cut(encode(fact.event), shown.paths, shown.replaced)


def fields_of(shown: Shown) -> set[str]:
    return {pattern(path) for path in shown.paths}


# --- events ----------------------------------------------------------------------------------------------


def referral(comune: str = "058091") -> CaseReferred:
    return make(CaseReferred, residence_comune=comune, benefit="ADI")


def member(who: UUID, born: date = date(1985, 5, 5), **fields: Any) -> parts.Member:
    name = {ANNA: "Anna", BRUNO: "Bruno", CARLO: "Carlo"}.get(who, "Altri")
    told = {
        "name": name,
        "surname": "Inventati",
        "tax_code": f"CODICE-{name.upper()}",
        "residence_address": "via Inventata 1",
        "contacts": (contact(f"{name.lower()}@esempio.invalid"),),
        "relationship": "FIGLIO" if born > date(2010, 1, 1) else "CONIUGE",
    }
    return make(parts.Member, member_id=who, birth_date=born, **(told | fields))


def contact(value: str, channel: str = "EMAIL", safe: bool = True) -> parts.Contact:
    return parts.Contact(channel=channel, value=value, safe=safe, verified_on=DAY)


FAMILY = (member(ANNA), member(BRUNO), member(CARLO, date(2014, 4, 4)))


def household(*members: parts.Member) -> HouseholdCompositionRecorded:
    return HouseholdCompositionRecorded(members=members or FAMILY, source="ANPR", verified_on=DAY)


def condition(code: str, who: UUID = ANNA, value: bool = True) -> MemberConditionRecorded:
    return make(MemberConditionRecorded, member_id=who, condition_code=code, value=value)


def evaluated(*reasons: str, who: UUID = ANNA) -> ObligationEvaluated:
    return make(ObligationEvaluated, member_id=who, result="excluded", reason_codes=reasons)


def assigned(agency: str, unit: str | None = None, name: str = "assignment") -> OperatorAssigned:
    return make(OperatorAssigned, assignment_id=uid(name), agency=agency, unit=unit)


def unassigned(name: str = "assignment") -> OperatorUnassigned:
    return make(OperatorUnassigned, assignment_id=uid(name))


def convoked(*members: UUID) -> HouseholdConvoked:
    return make(HouseholdConvoked, convocation_id=uid("convocation"), member_ids=members or (ANNA,))


def met(seat: str = "SERVIZIO_SOCIALE") -> AppointmentHeld:
    return make(AppointmentHeld, seat=seat, attendees=(ANNA,))


def absent(who: UUID = ANNA) -> AppointmentMissed:
    return make(AppointmentMissed, convocation_id=uid("convocation"), member_id=who)


def analysis(
    *outcomes: tuple[UUID, str], areas: str = "WORK SCHOOLING HEALTH"
) -> PreliminaryAnalysisCompleted:
    needs = tuple(
        parts.Need(need_id=uid(area), member_id=ANNA, area=area, level="HIGH") for area in areas.split()
    )
    found = outcomes or ((ANNA, "EM"), (BRUNO, "PSP"), (CARLO, "PAIS_SOCIAL"))
    return make(
        PreliminaryAnalysisCompleted,
        needs_by_area=needs,
        outcomes=tuple(parts.Outcome(member_id=who, outcome=outcome) for who, outcome in found),
    )


def referred(office: str = "cpi", who: UUID = ANNA) -> MemberReferredToEmploymentService:
    destination = "ACCREDITATO" if office.startswith("accreditato") else "CPI"
    return make(
        MemberReferredToEmploymentService,
        referral_id=uid(f"{who} to {office}"),
        member_id=who,
        destination=destination,
        destination_id=office,
    )


def component(seat: str, role: str = "OTHER_SOCIAL", function: str = "operatrice") -> parts.Component:
    at = by(seat)
    return parts.Component(
        person_id=uid(f"component of {seat}"),
        role=role,
        name=f"Nome-{seat}",
        surname=f"Cognome-{seat}",
        function=function,
        agency=at.agency,
        unit=at.unit,
    )


def team(*components: parts.Component, name: str = "team") -> EquipeFormed:
    return make(EquipeFormed, team_id=uid(name), components=components)


def line(area: str, seat: str, about: UUID | None = None, who: UUID = ANNA) -> parts.Commitment:
    return make(
        parts.Commitment,
        id=uid(f"{area} {seat}"),
        area=area,
        obliged_member_id=who,
        beneficiary_member_id=about,
        text=f"impegno {area} {seat}",
        evidence_by=seat,
    )


def support(seat: str) -> parts.Support:
    return make(parts.Support, support_id=uid(f"support {seat}"), provider=seat, catalogue_code="PROT8.c")


def draft(
    *lines: parts.Commitment, supports: tuple[parts.Support, ...] = (), version: int = 1
) -> PattoDrafted:
    return make(PattoDrafted, patto_id=PATTO, version=version, commitments=lines, supports=supports)


def signed(version: int = 1, on: date = DAY) -> PattoSigned:
    return make(PattoSigned, patto_id=PATTO, version=version, signed_on=on)


def missed(reporter: str, area: str = "SCHOOLING", ascertained: date | None = None) -> CommitmentMissed:
    return make(
        CommitmentMissed,
        patto_id=PATTO,
        commitment_id=uid(f"{area} {reporter}"),
        area=area,
        member_id=ANNA,
        reporter=reporter,
        ascertained_on=ascertained,
        ascertained_by=SOCIAL.person if ascertained else None,
    )


def decurtazione(authority: str = "INPS", scope: str = "HOUSEHOLD", *refs: UUID) -> DecurtazioneOrdered:
    return make(
        DecurtazioneOrdered,
        measure_id=uid("decurtazione"),
        authority=authority,
        affected_scope=scope,
        infraction_refs=refs,
    )


def reported() -> InfractionReportedToInps:
    return make(InfractionReportedToInps, report_id=uid("report"))


def closed() -> CaseClosed:
    return make(CaseClosed, closed_on=DAY, reason="DECADENZA")


def correction(fact: Fact[Any], *, voids: bool = False, **new_value: Any) -> EventCorrected:
    return EventCorrected(
        corrects_event_id=fact.event_id,
        reason="trascritto male",
        new_value={name: encode(value) for name, value in new_value.items()},
        voids=voids,
        member_id=getattr(fact.event, "member_id", None),
        affects=(),
    )


# --- a case with everyone in it --------------------------------------------------------------------------

EVERYONE = (
    component("servizio-sociale", "SOCIAL_WORKER", "assistente sociale"),
    component("cpi", "EMPLOYMENT_OPERATOR"),
    component("ust", "SCHOOL"),
    component("asl", "SPECIALIST"),
    component("asl-serd", "SPECIALIST"),
    component("mmg-1", "GP"),
    component("ets-1", "ETS"),
    replace(component("sil", "TRAINING"), unit="sil-nord"),
)

LINES = (
    line("SCHOOLING", "ust", CARLO),
    line("HEALTH", "asl", ANNA),
    line("HEALTH", "asl-serd", ANNA),
    line("TRAINING", "cpi", ANNA),
    line("PUC", "puc-1", ANNA),
)

SUPPORTS = tuple(support(seat) for seat in ("cpi", "ets-1", "sil", "asl", "asl-serd"))


def everyone() -> Story:
    """A case that every recipient has a ground in, and no protection path."""
    return Story(
        referral(),
        household(),
        analysis(),
        referred("cpi", ANNA),
        referred("accreditato-1", BRUNO),
        team(*EVERYONE),
        draft(*LINES, supports=SUPPORTS),
        signed(),
        convoked(),
    )


def nobody() -> Story:
    """A case of another Comune, met by the servizio sociale alone."""
    return Story(referral("058047"), household(), analysis(), convoked())


def title(event: Any) -> str:
    return contract_of(event).type.__name__
