"""What waits for somebody in a case, and that no list is shown to who may not know what it rests on."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from api.deadlines import SHOWN_TO
from api.policy import POLICY
from api.worklists import READERS
from domain.access.events import AccessRequestAnswered, AccessRequestReceived, CaseFileAccessed
from domain.case import events as e
from domain.case.parts import Invitee
from domain.case.state import fold
from domain.contract import ERASED, contract_of, personal_fields
from domain.fact import KINDS
from domain.table.events import Decision, Delegate, TableMeetingHeld
from projections.deadlines import rows_of, titles
from projections.waiting import ALSO_WHEN_CLOSED, SOURCES, TITLES, Item, items_of
from tests.telling import (
    AMBITO,
    CASE,
    CLOCK,
    COMUNE,
    CPI,
    INPS,
    SERD,
    SOCIAL_WORKER,
    facts_of,
    id_of,
    said,
)
from tests.unit.case.world import (
    ANALYSED,
    ASKED,
    CLOSED,
    CONTACTS,
    CONVOKED,
    DELIVERED,
    DRAFTED,
    EVALUATED,
    HELD,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MISSED,
    MOTHER,
    OPENED,
    SENT_TO_CPI,
    SIGNED,
    SON,
    TEAM,
    WITH_DRAFT,
    WITH_TEAM,
    day,
    decadenza,
    decided,
    decurtazione,
    hour,
    inps_report,
    new,
    submitted,
)
from tests.unit.test_cases_view import golden
from tests.unit.test_deadlines_view import AT_SCHOOL, CONVOKED_BY_CPI, PAD, PSP, SCHOOL

pytestmark = pytest.mark.unit


def waiting(name: str, *told: Any) -> list[Item]:
    return [item for listed, item in items_of(facts_of(*told)) if listed == name]


def ids(name: str, *told: Any) -> list[UUID]:
    return [item.item_id for item in waiting(name, *told)]


# --- the services ------------------------------------------------------------------------------------------


def test_a_meeting_waits_for_gepi_until_it_is_registered() -> None:
    (item,) = waiting("gepi", *MET)
    assert (item.item_id, item.since, item.due_on) == (id_of(HELD), day(2, 10), day(2, 20))
    registered = e.GepiRegistrationRecorded(subject_event_id=id_of(HELD), registered_on=day(2, 25))
    assert waiting("gepi", *MET, registered) == []


def test_a_patto_waits_to_be_signed_in_its_last_text() -> None:
    (item,) = waiting("unsigned_pattos", *WITH_DRAFT)
    assert (item.item_id, item.line) == (DRAFTED.patto_id, 1)
    assert waiting("unsigned_pattos", *SIGNED) == []
    second = replace(DRAFTED, version=2)
    assert [i.line for i in waiting("unsigned_pattos", *SIGNED, second)] == [2]
    assert [i.line for i in waiting("unsigned_pattos", *WITH_DRAFT, second)] == [2]


def test_a_support_promised_waits_from_its_day_until_it_begins() -> None:
    assert waiting("inactive_supports", *WITH_DRAFT) == []
    (promised,) = waiting("inactive_supports", *SIGNED)
    assert (promised.since, promised.until_on, promised.code) == (day(3, 15), None, "PROT8.i")
    active = golden(e.SupportActivated, support_id=new("support"), start_on=day(4, 2))
    other = replace(active, support_id=new("another"))
    assert [i.until_on for i in waiting("inactive_supports", *SIGNED, active)] == [day(4, 2)]
    assert [i.until_on for i in waiting("inactive_supports", *SIGNED, other)] == [None]


def test_a_commitment_waits_for_the_first_word_of_it() -> None:
    lines = {commitment.id for commitment in DRAFTED.commitments}
    assert set(ids("commitments_without_evidence", *SIGNED)) == lines
    assert set(ids("commitments_without_evidence", *SIGNED, MISSED)) == lines - {CONTACTS.id}
    assert ids("commitments_without_evidence", *WITH_DRAFT) == []


def test_a_convocation_waits_for_its_recapito_member_by_member() -> None:
    both = replace(CONVOKED, member_ids=(MOTHER.member_id, HUSBAND.member_id))
    assert [i.member_id for i in waiting("convocations_without_delivery", *EVALUATED, both)] == [
        MOTHER.member_id,
        HUSBAND.member_id,
    ]
    (left,) = waiting("convocations_without_delivery", *EVALUATED, both, DELIVERED)
    assert (left.member_id, left.due_on) == (HUSBAND.member_id, day(2, 10))
    came = replace(HELD, attendees=(HUSBAND.member_id,))
    assert waiting("convocations_without_delivery", *EVALUATED, both, DELIVERED, came) == []
    (own,) = waiting("convocations_without_delivery", *OPENED, CONVOKED_BY_CPI)
    assert own.desks == ("cpi",)


SITTING = e.EquipeConvoked(
    session_id=new("session"),
    slot="1",
    team_id=TEAM.team_id,
    meeting_at=hour(3, 5),
    seat="Sala",
    invitees=(Invitee(person_id=new("one"), agency="cpi"), Invitee(person_id=new("two"), agency="ust")),
    channel="EMAIL",
    attachment="ESTRATTO",
    attachment_visibility_profile="cpi",
)


def answer(person: str) -> e.EquipeInviteAnswered:
    return e.EquipeInviteAnswered(
        session_id=SITTING.session_id,
        team_id=TEAM.team_id,
        person_id=new(person),
        agency="cpi",
        answer="ACCEPTED",
        answered_on=day(3, 1),
    )


def test_a_sitting_waits_for_every_answer_until_it_is_held() -> None:
    (item,) = waiting("invitations_to_answer", *WITH_TEAM, SITTING, answer("one"))
    assert (item.due_on, item.line) == (day(3, 5), 1)
    assert waiting("invitations_to_answer", *WITH_TEAM, SITTING, answer("one"), answer("two")) == []
    held = golden(e.EquipeMet, session_id=SITTING.session_id)
    assert waiting("invitations_to_answer", *WITH_TEAM, SITTING, held) == []


@pytest.mark.parametrize(
    ("agency", "unit", "function"),
    [("ets-cav", None, "operatrice"), ("ets", "cav", "operatrice"), ("ets-1", None, "antiviolenza")],
)
def test_an_operator_of_an_anti_violence_service_is_not_counted_among_who_did_not_answer(
    agency: str, unit: str | None, function: str
) -> None:
    seat = replace(TEAM.components[-1], person_id=new("hers"), agency=agency, unit=unit, function=function)
    told = (*ANALYSED, replace(TEAM, components=(*TEAM.components, seat)))
    hers = Invitee(person_id=seat.person_id, agency=agency, unit=unit)
    with_her = replace(SITTING, invitees=(*SITTING.invitees, hers))
    assert [i.line for i in waiting("invitations_to_answer", *told, with_her)] == [2]
    assert waiting("invitations_to_answer", *told, with_her, answer("one"), answer("two")) == []


def test_an_invitation_waits_with_each_agency_invited_until_the_day_is_over() -> None:
    both = waiting("invitations", *WITH_TEAM, SITTING)
    assert [(i.desks, i.item_id, i.person_id) for i in both] == [
        (("cpi",), SITTING.session_id, None),
        (("ust",), SITTING.session_id, None),
    ]
    assert len({i.id("invitations") for i in both}) == 2
    assert {(i.due_on, i.until_on) for i in both} == {(day(3, 5), day(3, 6))}
    assert [i.desks for i in waiting("invitations", *WITH_TEAM, SITTING, answer("one"))] == [("ust",)]
    held = golden(e.EquipeMet, session_id=SITTING.session_id)
    assert waiting("invitations", *WITH_TEAM, SITTING, held) == []


@pytest.mark.parametrize(
    ("agency", "unit", "desks"),
    [
        ("cpi", "cpi-nord", ("cpi", "cpi-nord")),
        ("asl", "asl-serd", ("asl",)),
        ("ets-cav", None, None),
        ("ets", "centro antiviolenza", None),
        ("ets-serd", None, None),
        ("servizio-sociale", None, None),
        ("ats", None, None),
    ],
)
def test_an_invitation_names_no_service_that_would_tell_a_secret(
    agency: str, unit: str | None, desks: tuple[str, ...] | None
) -> None:
    invited = Invitee(person_id=new("one"), agency=agency, unit=unit)
    found = waiting("invitations", *WITH_TEAM, replace(SITTING, invitees=(invited,)))
    assert [i.desks for i in found] == ([desks] if desks else [])
    assert [i.person_id for i in found] == ([new("one") if agency == "asl" else None] if desks else [])


def lapsed(duty: str = "SERVIZI") -> Any:
    told = {"term_id": "D1b", "due_on": day(3, 9), "duty_bearer": duty, "started_by_event_id": id_of(PAD)}
    return said(CLOCK, e.TermLapsed(**told))


def test_a_term_of_the_services_that_lapsed_waits_until_it_is_kept_after_all() -> None:
    (item,) = waiting("lapsed_terms_of_services", *OPENED, PAD, lapsed())
    assert (item.code, item.since, item.until_on) == ("D1b", day(3, 9), None)
    late = replace(CONVOKED, sent_at=hour(4, 2))
    assert [i.until_on for i in waiting("lapsed_terms_of_services", *OPENED, PAD, lapsed(), late)] == [
        day(4, 2)
    ]
    assert waiting("lapsed_terms_of_services", *OPENED, PAD, lapsed("NUCLEO")) == []


# --- referrals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [e.ReferralAccepted, e.ReferralReturned])
def test_a_referral_waits_until_it_is_taken_or_given_back(kind: type) -> None:
    (item,) = waiting("referrals_to_answer", *OPENED, SENT_TO_CPI)
    assert (item.desks, item.member_id) == (("cpi",), MOTHER.member_id)
    answered = said(CPI, golden(kind, referral_id=SENT_TO_CPI.referral_id))
    another = said(CPI, golden(kind, referral_id=new("another")))
    assert waiting("referrals_to_answer", *OPENED, SENT_TO_CPI, answered) == []
    assert len(waiting("referrals_to_answer", *OPENED, SENT_TO_CPI, another)) == 1


TO_SERD = e.MemberReferredToSpecialistService(
    referral_id=new("serd"), member_id=HUSBAND.member_id, unit="asl-serd", referred_on=day(2, 21)
)


def specialist(reply: str) -> Any:
    said_back = {"referral_id": new("serd"), "member_id": HUSBAND.member_id, "from_on": day(3, 3)}
    return said(SERD, e.SpecialistReferralAnswered(answer=reply, **said_back))


def test_a_specialist_service_is_waited_for_or_keeps_waiting() -> None:
    assert ids("specialist_referrals_to_answer", *OPENED, TO_SERD) == [new("serd")]
    for reply, waits in (("TAKEN", []), ("REFUSED", []), ("WAITING_LIST", [new("serd")])):
        assert ids("specialist_referrals_to_answer", *OPENED, TO_SERD, specialist(reply)) == []
        assert ids("waiting_lists", *OPENED, TO_SERD, specialist(reply)) == waits


def test_no_list_names_the_unit_of_the_asl_nor_the_person_sent_there() -> None:
    told = items_of(facts_of(*OPENED, TO_SERD, specialist("WAITING_LIST")))
    found = [item for name, item in told if name in ("waiting_lists", "specialist_referrals_to_answer")]
    assert found
    for item in found:
        assert "serd" not in repr(item) and str(HUSBAND.member_id) not in repr(item)


# --- reasons, reports, measures ----------------------------------------------------------------------------


def test_a_reason_waits_for_its_member_then_for_who_decides() -> None:
    assert len(waiting("reasons_not_answered", *ASKED)) == 1
    assert waiting("reasons_to_decide", *ASKED) == []
    assert waiting("reasons_not_answered", *ASKED, submitted()) == []
    assert ids("reasons_to_decide", *ASKED, submitted()) == [id_of(MISSED)]
    assert waiting("reasons_to_decide", *ASKED, submitted(), decided()) == []
    assert waiting("reasons_not_answered", *ASKED, decided()) == []


def test_a_report_waits_for_a_measure_on_the_same_fact() -> None:
    assert [i.code for i in waiting("reports_without_measure", *ASKED, inps_report())] == ["NONE_GIVEN"]
    assert waiting("reports_without_measure", *ASKED, inps_report(), decurtazione()) == []
    elsewhere = decurtazione(infraction_refs=(new("another"),))
    assert len(waiting("reports_without_measure", *ASKED, inps_report(), elsewhere)) == 1


def test_a_report_that_a_later_one_replaces_is_not_asked_after() -> None:
    later = inps_report(report_id=new("later"), supersedes_report_id=new("report"), reason_status="REJECTED")
    assert ids("reports_without_measure", *ASKED, inps_report(), later) == [new("later")]


def test_a_measure_without_a_report_is_listed_unless_a_cpi_ordered_it() -> None:
    assert [i.code for i in waiting("measures_without_report", *ASKED, decurtazione())] == ["DECURTAZIONE"]
    assert waiting("measures_without_report", *ASKED, inps_report(), decurtazione()) == []
    assert waiting("measures_without_report", *ASKED, said(CPI, decurtazione(authority="CPI"))) == []
    annulled = golden(e.MeasureAnnulled, measure_id=new("measure"))
    assert waiting("measures_without_report", *ASKED, decurtazione(), annulled) == []


def test_a_measure_with_a_finding_is_listed_with_it() -> None:
    assert waiting("measures_with_finding", *ASKED, decurtazione(finding="NONE")) == []
    found = waiting("measures_with_finding", *ASKED, decurtazione(finding="NO_LEGAL_BASIS"))
    assert [i.code for i in found] == ["NO_LEGAL_BASIS"]


SUSPENDED = golden(e.SospensioneOrdered, measure_id=new("stop"), ordered_on=day(6, 3), finding="NONE")
AFTER = replace(HELD, appointment_id=new("after"), convocation_id=None, held_on=day(6, 10))
REGISTERED = e.GepiRegistrationRecorded(subject_event_id=id_of(AFTER), registered_on=day(6, 12))


def test_a_suspension_waits_to_be_lifted_once_a_later_meeting_is_registered() -> None:
    assert waiting("suspensions_to_lift", *MET, SUSPENDED) == []
    assert waiting("suspensions_to_lift", *MET, SUSPENDED, AFTER) == []
    (item,) = waiting("suspensions_to_lift", *MET, SUSPENDED, AFTER, REGISTERED)
    assert (item.item_id, item.since, len(item.event_ids)) == (new("stop"), day(6, 10), 3)
    lifted = golden(e.SuspensionLifted, measure_id=new("stop"))
    assert waiting("suspensions_to_lift", *MET, SUSPENDED, AFTER, REGISTERED, lifted) == []
    before = e.GepiRegistrationRecorded(subject_event_id=id_of(HELD), registered_on=day(2, 11))
    assert waiting("suspensions_to_lift", *MET, before, SUSPENDED) == []


def test_an_update_that_inps_recorded_needs_no_registration() -> None:
    update = e.PeriodicUpdateHeld(member_id=MOTHER.member_id, held_on=day(6, 10), seat="PATRONATO")
    assert ids("suspensions_to_lift", *MET, SUSPENDED, said(INPS, update)) == [new("stop")]
    assert ids("suspensions_to_lift", *MET, SUSPENDED, said(SOCIAL_WORKER, update)) == []


# --- school, Comune, Tavolo --------------------------------------------------------------------------------


def test_a_school_verification_waits_on_two_desks_until_it_is_answered() -> None:
    (item,) = waiting("school_answers", *OPENED, SCHOOL)
    assert (item.desks, item.due_on) == (("ust", "comune-058091"), day(5, 2))
    assert waiting("school_answers", *OPENED, SCHOOL, AT_SCHOOL) == []


def test_the_comune_checks_the_residence_of_each_member() -> None:
    check = golden(
        e.ResidenceCheckRecorded, member_id=SON.member_id, check_kind="RESIDENCE", outcome="CONFIRMED"
    )
    assert len(waiting("residence_checks", *OPENED)) == 3
    left = {i.member_id for i in waiting("residence_checks", *OPENED, said(COMUNE, check))}
    assert left == {MOTHER.member_id, HUSBAND.member_id}
    for not_enough in (replace(check, outcome="INCOMPLETE"), replace(check, check_kind="STAY")):
        assert len(waiting("residence_checks", *OPENED, said(COMUNE, not_enough))) == 3


def test_a_change_of_the_household_waits_for_a_new_composition() -> None:
    change = golden(
        e.HouseholdMemberChanged, member_id=SON.member_id, change_type="LEFT", effective_on=day(5, 2)
    )
    assert [i.code for i in waiting("household_changes", *OPENED, change)] == ["LEFT"]
    recorded = replace(HOUSEHOLD, members=(MOTHER, HUSBAND), verified_on=day(5, 6))
    assert waiting("household_changes", *OPENED, change, recorded) == []
    assert waiting("household_changes", *OPENED, replace(change, change_type="AGE_18")) == []


MEETING = said(
    AMBITO,
    TableMeetingHeld(
        meeting_id=new("meeting"),
        held_on=day(5, 12),
        present=(Delegate(agency="ats", person_id=new("secretary")),),
        secretary=new("secretary"),
        topics=("tempi",),
        decisions=(
            Decision(text="invitare prima", owner="cpi", due_on=day(6, 30)),
            Decision(text="rivedere", owner="ats"),
        ),
    ),
)


def test_decisions_of_the_tavolo_stay_with_their_owners() -> None:
    found = waiting("table_decisions", MEETING)
    assert [(i.line, i.desks[0], i.due_on) for i in found] == [(1, "cpi", day(6, 30)), (2, "ats", None)]
    assert "invitare" not in repr(found)


def test_a_request_of_access_waits_for_its_answer_in_the_case_it_speaks_of() -> None:
    asked = golden(AccessRequestReceived, request_id=new("request"), subject_case_id=CASE)
    answered = golden(AccessRequestAnswered, request_id=new("request"))
    read = said(CLOCK, golden(CaseFileAccessed))
    (item,) = waiting("access_requests", read, asked)
    assert (item.item_id, item.case_id, item.due_on) == (new("request"), CASE, asked.answer_by)
    assert waiting("access_requests", asked, answered) == []
    another = replace(answered, request_id=new("another"))
    assert ids("access_requests", asked, another) == [new("request")]
    lapse = replace(lapsed().event, term_id="D13")
    assert waiting("lapsed_terms_of_services", *OPENED, PAD, said(CLOCK, lapse)) == []


def test_only_the_reconciliation_with_inps_outlives_the_case() -> None:
    told = (*ASKED, SUSPENDED, AFTER, REGISTERED, decadenza(MISSED, finding="NOT_OBLIGED"), TO_SERD)
    assert {name for name, _ in items_of(facts_of(*told, CLOSED))} <= ALSO_WHEN_CLOSED
    assert ids("suspensions_to_lift", *told, CLOSED) == [new("stop")]


def test_a_correction_moves_an_item_and_what_is_voided_waits_no_more() -> None:
    moved = e.EventCorrected(
        corrects_event_id=id_of(SENT_TO_CPI), reason="errore", new_value={"destination_id": "cpi-nord"}
    )
    assert [i.desks for i in waiting("referrals_to_answer", *OPENED, SENT_TO_CPI, moved)] == [("cpi-nord",)]
    voided = replace(moved, new_value={}, voids=True)
    assert waiting("referrals_to_answer", *OPENED, SENT_TO_CPI, voided) == []


# --- who may know what a list rests on ---------------------------------------------------------------------

VALUES: dict[str, dict[type, str]] = {
    "gepi": {e.AppointmentHeld: "held_on", e.PeriodicUpdateHeld: "held_on"},
    "unsigned_pattos": {e.PattoDrafted: "patto_id version"},
    "inactive_supports": {e.PattoDrafted: "patto_id supports", e.PattoSigned: "signed_on"},
    "commitments_without_evidence": {e.PattoDrafted: "commitments", e.PattoSigned: "signed_on"},
    "convocations_without_delivery": {
        e.HouseholdConvoked: "convocation_id member_ids appointment_at sent_at",
        e.MemberConvokedByCpi: "convocation_id member_id appointment_at sent_at",
    },
    "invitations_to_answer": {e.EquipeConvoked: "session_id meeting_at invitees"},
    "invitations": {e.EquipeConvoked: "session_id meeting_at"},
    "lapsed_terms_of_services": {e.TermLapsed: "term_id due_on duty_bearer"},
    "referrals_to_answer": {
        e.MemberReferredToEmploymentService: "referral_id member_id destination_id referred_on"
    },
    "specialist_referrals_to_answer": {e.MemberReferredToSpecialistService: "referral_id referred_on"},
    "waiting_lists": {
        e.MemberReferredToSpecialistService: "referral_id",
        e.SpecialistReferralAnswered: "referral_id answer from_on",
    },
    "reasons_not_answered": {e.JustifiedReasonRequested: "infraction_ref member_id asked_on respond_by"},
    "reasons_to_decide": {e.JustifiedReasonSubmitted: "infraction_ref member_id submitted_on"},
    "reports_without_measure": {e.InfractionReportedToInps: "report_id reported_on reason_status"},
    "measures_without_report": dict.fromkeys(
        (e.DecurtazioneOrdered, e.SospensioneOrdered, e.DecadenzaOrdered, e.RevocaOrdered),
        "measure_id ordered_on authority",
    ),
    "measures_with_finding": dict.fromkeys(
        (e.DecurtazioneOrdered, e.SospensioneOrdered, e.DecadenzaOrdered, e.RevocaOrdered),
        "measure_id ordered_on finding",
    ),
    "suspensions_to_lift": {
        e.SospensioneOrdered: "measure_id ordered_on",
        e.AppointmentHeld: "held_on",
        e.PeriodicUpdateHeld: "held_on",
        e.GepiRegistrationRecorded: "",
    },
    "school_answers": {e.SchoolVerificationRequested: "verification_id requested_on answer_by"},
    "residence_checks": {e.HouseholdCompositionRecorded: "members[].member_id verified_on"},
    "household_changes": {e.HouseholdMemberChanged: "member_id change_type effective_on"},
    "access_requests": {AccessRequestReceived: "request_id subject_case_id received_on answer_by"},
    "table_decisions": {TableMeetingHeld: "meeting_id held_on decisions"},
}
"""What a row of each list says of the facts that it rests on; stated here a second time on purpose."""

OWN_MEETINGS_ONLY = {
    ("convocations_without_delivery", "cpi"),
    ("convocations_without_delivery", "accreditato"),
}
"""Offices that see their own convocations: those of the servizio sociale never lie on their desk."""


def knows(agency: str, event: type, values: Sequence[str]) -> bool:
    """Whether the cell of an agency shows these values of an event."""
    cell = contract_of(event).cell(agency)
    return cell is not None and (cell.level == "F" or all(value in cell.fields for value in values))


SHOWN = [(agency, name) for name in TITLES for agency in KINDS if agency in READERS[name]]


@pytest.mark.parametrize("agency, name", [pair for pair in SHOWN if pair[0] != "servizio-sociale"])
def test_a_list_is_shown_only_to_who_may_know_every_value_of_it(agency: str, name: str) -> None:
    for event, values in VALUES[name].items():
        if (name, agency) in OWN_MEETINGS_ONLY and event is e.HouseholdConvoked:
            continue
        assert knows(agency, event, values.split()), f"{agency} may not know {event.__name__}"


def test_health_and_reasons_are_on_no_other_desk() -> None:
    for name in ("waiting_lists", "specialist_referrals_to_answer"):
        assert READERS[name] == {"servizio-sociale", "asl"}
    for name in ("reasons_not_answered", "reasons_to_decide", "commitments_without_evidence"):
        assert READERS[name] == {"servizio-sociale"}
    others = (kinds for name, kinds in READERS.items() if name != "invitations")
    assert {"mmg", "ets", "puc", "sil", "system"}.isdisjoint(set().union(*others))


OUTSIDE = {"table_decisions", "access_requests"}
"""Lists that rest on no fact of a case."""


def test_every_list_has_a_title_readers_and_a_source() -> None:
    assert TITLES.keys() == READERS.keys() == VALUES.keys() == SOURCES.keys() | OUTSIDE
    assert set().union(*READERS.values()) <= POLICY["show_worklist"].agencies


def full_life() -> list[Any]:
    return [
        *OPENED,
        PAD,
        *SIGNED[len(OPENED) :],
        AFTER,
        SENT_TO_CPI,
        CONVOKED_BY_CPI,
        PSP,
        TO_SERD,
        specialist("WAITING_LIST"),
        replace(TO_SERD, referral_id=new("second")),
        SITTING,
        MISSED,
        replace(ASKED[-1]),
        lapsed(),
        SCHOOL,
        replace(DRAFTED, version=2),
        golden(e.HouseholdMemberChanged, member_id=SON.member_id, change_type="LEFT", effective_on=day(5, 2)),
        inps_report(),
        replace(SUSPENDED, finding="NOT_OBLIGED"),
        REGISTERED,
        decadenza(MISSED, infraction_refs=(new("another"),), affected_scope="MEMBER"),
        replace(submitted(), infraction_ref=new("another")),
    ]


def test_an_item_rests_on_the_facts_that_are_named_here_and_no_other() -> None:
    told = full_life()
    case = fold(facts_of(*told))
    found = list(items_of(facts_of(*told)))
    assert {name for name, _ in found} == SOURCES.keys()
    for name, item in found:
        kinds = {type(case.facts[event_id].event) for event_id in item.event_ids}
        assert kinds <= VALUES[name].keys(), name
        assert None not in item.desks and item.desks
    assert len({item.id(name) for name, item in found}) == len(found)


STARTS = {e.BenefitGranted: "first_month months", e.BenefitRenewed: "first_month months"}
"""Facts from which a term starts on another day than their own."""


def test_a_term_is_shown_only_to_who_may_know_the_day_that_starts_it() -> None:
    case = fold(facts_of(*full_life()))
    seen = set()
    for row in rows_of(CASE, case):
        event = case.facts[row.term.started_by].event
        happened = contract_of(event).happened or ""
        for agency in SHOWN_TO:
            if row.term.id in SHOWN_TO[agency] and agency in (row.desk, "ats"):
                seen.add((agency, row.term.id))
                assert knows(agency, type(event), STARTS.get(type(event), happened).split()), row.term
    assert {("cpi", "D3"), ("cpi", "D4a"), ("ust", "SCHOOL_ANSWER"), ("ats", "D14")} <= seen


def test_the_ambito_is_shown_no_term_of_what_it_only_knows_to_exist() -> None:
    hidden = titles().keys() - SHOWN_TO["ats"]
    assert {"D5", "D18", "REASON", "REMINDER", "MAYOR_WARNING", "SCHOOL_ANSWER"} <= hidden
    assert SHOWN_TO.keys() == {"ats", "cpi", "accreditato", "ust"}
    assert all(shown <= titles().keys() for shown in SHOWN_TO.values())


def erased(value: Any) -> Any:
    """A personal value as an erasure leaves it: ids stay, all else is gone."""
    if isinstance(value, tuple) and value:
        return tuple(erased(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: erased(getattr(value, f.name)) for f in fields(value)})
    return value if value is None or isinstance(value, UUID) else ERASED


def test_a_household_that_was_erased_still_has_its_lists_and_terms() -> None:
    facts = [
        replace(
            fact,
            event=replace(
                fact.event,
                **{name: erased(getattr(fact.event, name)) for name in personal_fields(type(fact.event))},
            ),
        )
        for fact in facts_of(*full_life())
    ]
    # Whose invitation it was, nobody can tell any more.
    assert {name for name, _ in items_of(facts)} == SOURCES.keys() - {"invitations", "invitations_to_answer"}
    assert {"D14", "D4a", "REASON", "SCHOOL_ANSWER"} <= {r.term.id for r in rows_of(CASE, fold(facts))}
    emptied = [
        replace(fact, event=replace(fact.event, commitments=ERASED))
        if isinstance(fact.event, e.PattoDrafted)
        else fact
        for fact in facts
    ]
    assert "commitments_without_evidence" not in {name for name, _ in items_of(emptied)}
