"""Cases told in a few words: facts with fixed ids, every field that is not named filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.case import events as e
from domain.case import parts
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


def referral(comune: str = "058091") -> e.CaseReferred:
    return make(e.CaseReferred, residence_comune=comune, benefit="ADI")


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


def household(*members: parts.Member) -> e.HouseholdCompositionRecorded:
    return e.HouseholdCompositionRecorded(members=members or FAMILY, source="ANPR", verified_on=DAY)


def condition(code: str, who: UUID = ANNA, value: bool = True) -> e.MemberConditionRecorded:
    return make(e.MemberConditionRecorded, member_id=who, condition_code=code, value=value)


def evaluated(*reasons: str, who: UUID = ANNA) -> e.ObligationEvaluated:
    return make(e.ObligationEvaluated, member_id=who, result="excluded", reason_codes=reasons)


def assigned(agency: str, unit: str | None = None, name: str = "assignment") -> e.OperatorAssigned:
    return make(e.OperatorAssigned, assignment_id=uid(name), agency=agency, unit=unit)


def unassigned(name: str = "assignment") -> e.OperatorUnassigned:
    return make(e.OperatorUnassigned, assignment_id=uid(name))


def convoked(*members: UUID) -> e.HouseholdConvoked:
    return make(e.HouseholdConvoked, convocation_id=uid("convocation"), member_ids=members or (ANNA,))


def met(seat: str = "SERVIZIO_SOCIALE") -> e.AppointmentHeld:
    return make(e.AppointmentHeld, seat=seat, attendees=(ANNA,))


def absent(who: UUID = ANNA) -> e.AppointmentMissed:
    return make(e.AppointmentMissed, convocation_id=uid("convocation"), member_id=who)


def analysis(
    *outcomes: tuple[UUID, str], areas: str = "WORK SCHOOLING HEALTH"
) -> e.PreliminaryAnalysisCompleted:
    needs = tuple(
        parts.Need(need_id=uid(area), member_id=ANNA, area=area, level="HIGH") for area in areas.split()
    )
    found = outcomes or ((ANNA, "EM"), (BRUNO, "PSP"), (CARLO, "PAIS_SOCIAL"))
    return make(
        e.PreliminaryAnalysisCompleted,
        needs_by_area=needs,
        outcomes=tuple(parts.Outcome(member_id=who, outcome=outcome) for who, outcome in found),
    )


def referred(office: str = "cpi", who: UUID = ANNA) -> e.MemberReferredToEmploymentService:
    destination = "ACCREDITATO" if office.startswith("accreditato") else "CPI"
    return make(
        e.MemberReferredToEmploymentService,
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


def team(*components: parts.Component, name: str = "team") -> e.EquipeFormed:
    return make(e.EquipeFormed, team_id=uid(name), components=components)


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
) -> e.PattoDrafted:
    return make(e.PattoDrafted, patto_id=PATTO, version=version, commitments=lines, supports=supports)


def signed(version: int = 1, on: date = DAY) -> e.PattoSigned:
    return make(e.PattoSigned, patto_id=PATTO, version=version, signed_on=on)


def missed(reporter: str, area: str = "SCHOOLING", ascertained: date | None = None) -> e.CommitmentMissed:
    return make(
        e.CommitmentMissed,
        patto_id=PATTO,
        commitment_id=uid(f"{area} {reporter}"),
        area=area,
        member_id=ANNA,
        reporter=reporter,
        ascertained_on=ascertained,
        ascertained_by=SOCIAL.person if ascertained else None,
    )


def decurtazione(authority: str = "INPS", scope: str = "HOUSEHOLD", *refs: UUID) -> e.DecurtazioneOrdered:
    return make(
        e.DecurtazioneOrdered,
        measure_id=uid("decurtazione"),
        authority=authority,
        affected_scope=scope,
        infraction_refs=refs,
    )


def reported() -> e.InfractionReportedToInps:
    return make(e.InfractionReportedToInps, report_id=uid("report"))


def closed() -> e.CaseClosed:
    return make(e.CaseClosed, closed_on=DAY, reason="DECADENZA")


def transferred(to: str, away: str = "servizio-sociale", reason: str = "OTHER") -> e.CompetenceTransferred:
    return make(e.CompetenceTransferred, from_agency=away, to_agency=to, reason=reason)


def accepted(transfer: Fact[Any]) -> e.CompetenceAccepted:
    to = transfer.event.to_agency
    return make(e.CompetenceAccepted, transfer_event_id=transfer.event_id, accepted_by_agency=to)


def case_manager(agency: str = "servizio-sociale") -> e.CaseManagerAssigned:
    return make(e.CaseManagerAssigned, person_id=uid("case manager"), agency=agency)


def updated(who: UUID, *contacts: parts.Contact) -> e.ContactsUpdated:
    return make(
        e.ContactsUpdated,
        member_id=who,
        contacts=contacts or (contact("nuovo@esempio.invalid"),),
        updated_on=DAY,
    )


def moved(change: str, who: UUID = ANNA) -> e.HouseholdMemberChanged:
    return make(e.HouseholdMemberChanged, member_id=who, change_type=change, effective_on=DAY)


def taken_on(office: str = "cpi", who: UUID = ANNA) -> e.ReferralAccepted:
    return make(e.ReferralAccepted, referral_id=uid(f"{who} to {office}"), member_id=who)


def returned(office: str = "cpi", who: UUID = ANNA) -> e.ReferralReturned:
    return make(e.ReferralReturned, referral_id=uid(f"{who} to {office}"), member_id=who)


def sent_to(unit: str, who: UUID = ANNA, name: str = "referral") -> e.MemberReferredToSpecialistService:
    return make(
        e.MemberReferredToSpecialistService, referral_id=uid(f"{name} to {unit}"), member_id=who, unit=unit
    )


def answered(unit: str, who: UUID, answer: str, name: str = "referral") -> e.SpecialistReferralAnswered:
    return make(
        e.SpecialistReferralAnswered, referral_id=uid(f"{name} to {unit}"), member_id=who, answer=answer
    )


def summoned(who: UUID = ANNA, name: str = "summons", **fields: Any) -> e.MemberConvokedByCpi:
    return make(e.MemberConvokedByCpi, convocation_id=uid(name), member_id=who, **fields)


def stayed_away(who: UUID = ANNA, name: str = "summons") -> e.AppointmentMissed:
    return make(e.AppointmentMissed, convocation_id=uid(name), member_id=who)


def team_changed(
    *added: parts.Component, removed: tuple[UUID, ...] = (), name: str = "team"
) -> e.EquipeChanged:
    return make(e.EquipeChanged, team_id=uid(name), added=added, removed=removed)


def invitee(seat: str) -> parts.Invitee:
    at = by(seat)
    return parts.Invitee(person_id=uid(f"component of {seat}"), agency=at.agency, unit=at.unit)


def sitting(*invitees: parts.Invitee) -> e.EquipeConvoked:
    return make(e.EquipeConvoked, session_id=uid("sitting"), team_id=TEAM, invitees=invitees)


def replied(seat: str, **fields: Any) -> e.EquipeInviteAnswered:
    told = {"session_id": uid("sitting"), "team_id": TEAM, "person_id": uid(f"component of {seat}")}
    return make(e.EquipeInviteAnswered, **(told | {"agency": by(seat).agency} | fields))


def sat(*present: UUID, absent: tuple[UUID, ...] = ()) -> e.EquipeMet:
    return make(e.EquipeMet, session_id=uid("sitting"), team_id=TEAM, present=present, absent=absent)


def framework(*rows: tuple[str, str]) -> e.AnalysisFrameworkCompleted:
    """Areas, each with the agency that it is assigned to."""
    areas = tuple(
        make(parts.AnalysedArea, need_id=uid(f"{area} {seat}"), area=area, assigned_to=seat)
        for area, seat in rows
    )
    return make(e.AnalysisFrameworkCompleted, areas=areas)


def revised(version: int = 2, on: date = DAY) -> e.PattoRevised:
    return make(e.PattoRevised, patto_id=PATTO, from_version=version - 1, to_version=version, signed_on=on)


def reviewed(version: int = 1) -> e.MonitoringReviewHeld:
    return make(e.MonitoringReviewHeld, patto_id=PATTO, version=version)


def activated(
    seat: str, who: UUID | None = ANNA, code: str = "PROT8.c", name: str = "given"
) -> e.SupportActivated:
    return make(
        e.SupportActivated,
        support_id=uid(f"{name} by {seat}"),
        patto_id=PATTO,
        provider=seat,
        member_id=who,
        catalogue_code=code,
    )


def ended(seat: str, name: str = "given") -> e.SupportEnded:
    return make(e.SupportEnded, support_id=uid(f"{name} by {seat}"))


def puc(who: UUID = ANNA, name: str = "PUC", end_on: date | None = None) -> e.PucAssigned:
    return make(e.PucAssigned, member_id=who, puc_id=uid(name), start_on=DAY, end_on=end_on)


def asked_school(name: str = "verification") -> e.SchoolVerificationRequested:
    pupils = (make(parts.Pupil, minor_member_id=CARLO, name="Carlo"),)
    return make(e.SchoolVerificationRequested, verification_id=uid(name), minors=pupils)


def schooled(name: str = "verification") -> e.SchoolingVerified:
    return make(e.SchoolingVerified, verification_id=uid(name), minor_member_id=CARLO)


def lapsed(term: str, who: UUID | None = ANNA, duty: str = "NUCLEO", by: UUID = CASE) -> e.TermLapsed:
    return make(e.TermLapsed, term_id=term, member_id=who, duty_bearer=duty, started_by_event_id=by)


def infraction(code: str = "WORK_OFFER_REFUSED", who: UUID | None = ANNA) -> e.InfractionAscertained:
    return make(e.InfractionAscertained, code=code, member_id=who)


def sospensione(authority: str = "INPS", scope: str = "HOUSEHOLD", *refs: UUID) -> e.SospensioneOrdered:
    return ordered(e.SospensioneOrdered, authority, scope, *refs)


def ordered(of: type, authority: str = "INPS", scope: str = "HOUSEHOLD", *refs: UUID) -> Any:
    """A measure of any kind, always the same one."""
    return make(
        of, measure_id=uid("measure"), authority=authority, affected_scope=scope, infraction_refs=refs
    )


def annulled(name: str = "measure") -> e.MeasureAnnulled:
    return make(e.MeasureAnnulled, measure_id=uid(name))


def correction(fact: Fact[Any], *, voids: bool = False, **new_value: Any) -> e.EventCorrected:
    return e.EventCorrected(
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
        draft(*LINES, line("PUC", COMUNE, who=BRUNO), supports=SUPPORTS),
        signed(),
        convoked(),
        sent_to("asl-serd", ANNA),
        answered("asl-serd", ANNA, "TAKEN"),
        puc(ANNA),
        puc(BRUNO, "PUC of the Comune"),
        activated("sil", ANNA),
    )


def nobody() -> Story:
    """A case of another Comune, met by the servizio sociale alone."""
    return Story(referral("058047"), household(), analysis(), convoked())


def title(event: Any) -> str:
    return contract_of(event).type.__name__
