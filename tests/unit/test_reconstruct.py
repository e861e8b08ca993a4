"""How a measure came about: which facts led to it, and which should be there and are not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.case.events import EventCorrected
from domain.fact import Fact
from domain.reconstruct import Reconstruction, as_known, reconstruct
from tests.telling import CPI, facts_of, id_of, said
from tests.unit.case.world import (
    ABSENT,
    CONVOKED,
    DELIVERED,
    DRAFTED,
    EXCLUDED,
    HOUSEHOLD,
    ILL,
    MET,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    NOTIFIED,
    OBLIGED,
    PATTO,
    PUC_LINE,
    REDRAFTED,
    REPORT,
    REVISED,
    SIGNED,
    WITH_REVISION,
    asked,
    day,
    decadenza,
    decided,
    decurtazione,
    inps_report,
    new,
    proposal,
    submitted,
)

MEASURE = new("measure")
PUC_MISSED = replace(MISSED, commitment_id=PUC_LINE.id, area="PUC")
INFRACTIONS = (
    "AppointmentMissed or CommitmentMissed or PattoSignatureRefused or InfractionAscertained or TermLapsed"
)
REPORTED = inps_report(proposal_id=proposal().proposal_id)
CUT = decurtazione(proposal_id=proposal().proposal_id)
LOST = decadenza(proposal_id=proposal(ABSENT).proposal_id)


def told(*events: Any) -> Reconstruction:
    found = reconstruct(facts_of(*events), MEASURE)
    assert found is not None
    return found


def events_of(found: Reconstruction) -> list[Any]:
    return [fact.event for fact in found.facts]


def missing(found: Reconstruction) -> list[str]:
    return [" or ".join(kind.__name__ for kind in each.kinds) for each in found.missing]


def test_the_facts_stand_in_the_order_of_the_log() -> None:
    found = told(*SIGNED, MISSED, asked(), submitted(), decided(), proposal(), REPORTED, CUT, NOTIFIED)
    assert events_of(found) == [
        OBLIGED,
        DRAFTED,
        PATTO,
        MISSED,
        asked(),
        submitted(),
        decided(),
        proposal(),
        REPORTED,
        CUT,
        NOTIFIED,
    ]
    assert found.measure == CUT and found.missing == ()


def test_what_has_nothing_to_do_with_it_stays_out() -> None:
    another = replace(MISSED, commitment_id=new("commitment/TRAINING"), area="TRAINING")
    found = told(*SIGNED, MISSED, another, asked(), proposal(), REPORTED, CUT, NOTIFIED)
    assert not {type(ILL), type(EXCLUDED)} & {type(e) for e in events_of(found) if e is not OBLIGED}
    assert another not in events_of(found) and CONVOKED not in events_of(found)


def test_an_absence_rests_on_its_convocation_and_recapito() -> None:
    report = inps_report(ABSENT, report_id=new("another report"))
    found = told(*MISSED_THE_MEETING, asked(ABSENT), proposal(ABSENT), report, LOST, NOTIFIED)
    assert [e for e in events_of(found) if e in (CONVOKED, DELIVERED, ABSENT)] == [
        CONVOKED,
        DELIVERED,
        ABSENT,
    ]
    assert found.missing == ()


def test_a_household_duty_needs_no_evaluation() -> None:
    history = [event for event in MISSED_THE_MEETING if event not in (OBLIGED, EXCLUDED)]
    assert "ObligationEvaluated" not in missing(told(*history, LOST))


def test_what_should_be_there_and_is_not_is_said() -> None:
    history = [event for event in SIGNED if event not in (OBLIGED, PATTO)]
    assert missing(told(*history, MISSED, decurtazione())) == [
        "PattoSigned or PattoRevised",
        "ObligationEvaluated",
        "JustifiedReasonRequested",
        "SanctionProposalOpened",
        "InfractionReportedToInps",
        "MeasureNotified",
    ]


def test_a_commitment_of_a_revised_patto_rests_on_its_revision() -> None:
    second = replace(PUC_MISSED, missed_on=day(7, 8), ascertained_on=day(7, 9))
    cut = decurtazione(second, ordered_on=day(8, 1))
    found = told(*WITH_REVISION, second, asked(second), cut)
    assert REVISED in events_of(found) and REDRAFTED in events_of(found) and PATTO not in events_of(found)
    assert not {"PattoSigned or PattoRevised", "ObligationEvaluated"} & set(missing(found))


def test_an_absence_whose_convocation_was_voided_rests_on_nothing() -> None:
    void = EventCorrected(corrects_event_id=id_of(CONVOKED), reason="mai inviata", new_value={}, voids=True)
    found = told(*MISSED_THE_MEETING, asked(ABSENT), LOST, void)
    assert "HouseholdConvoked or MemberConvokedByCpi" in missing(found)


def test_a_notice_in_siisl_to_who_has_no_contact_lacks_no_recapito() -> None:
    unreached = replace(HOUSEHOLD, members=(replace(MOTHER, contacts=()), *HOUSEHOLD.members[1:]))
    notice = replace(CONVOKED, channel="SIISL", contact_used=())
    instead = {id_of(HOUSEHOLD): unreached, id_of(CONVOKED): notice}
    history = [instead.get(id_of(fact), fact) for fact in MISSED_THE_MEETING if fact is not DELIVERED]
    assert "ConvocationDelivered" not in missing(told(*history, LOST))
    with_contacts = [HOUSEHOLD if fact is unreached else fact for fact in history]
    assert "ConvocationDelivered" in missing(told(*with_contacts, LOST))


def test_a_reason_that_nobody_decided_on_is_said() -> None:
    found = told(*SIGNED, MISSED, asked(), submitted(), proposal(), REPORTED, CUT, NOTIFIED)
    assert missing(found) == ["JustifiedReasonDecided"]


def test_a_measure_for_no_infraction_says_so() -> None:
    found = told(*MET, decurtazione(infraction_refs=()))
    assert missing(found)[0] == INFRACTIONS
    assert [type(event).__name__ for event in events_of(found)] == ["DecurtazioneOrdered"]


def test_the_first_report_of_an_absence_is_shown_beside_its_ascertainment() -> None:
    first = said(CPI, REPORT)
    found = told(*SIGNED, first, MISSED, asked(), proposal(), REPORTED, CUT, NOTIFIED)
    assert REPORT in events_of(found) and MISSED in events_of(found)


def test_a_voided_infraction_is_still_shown_with_its_correction() -> None:
    correction = EventCorrected(
        corrects_event_id=id_of(MISSED), reason="era presente", new_value={}, voids=True
    )
    history = (*SIGNED, MISSED, asked(), proposal(), REPORTED, CUT, NOTIFIED, correction)
    facts = facts_of(*history)
    # What the measure was decided on, as the domain writes it into the measure.
    evidence = tuple(id_of(event) for event in (OBLIGED, DRAFTED, PATTO, MISSED, asked()))
    facts = [_with_evidence(fact, evidence) if fact.event is CUT else fact for fact in facts]
    found = reconstruct(facts, MEASURE)
    assert found is not None
    assert {id_of(MISSED), *evidence} <= {fact.event_id for fact in found.facts}
    assert found.facts[-1].event is correction
    assert (missing(found), found.missing[0].infraction) == (
        [INFRACTIONS],
        id_of(MISSED),
    )


def _with_evidence(fact: Fact[Any], evidence: tuple[UUID, ...]) -> Fact[Any]:
    return replace(fact, event=replace(fact.event, evidence_event_ids=evidence))


def test_no_such_measure() -> None:
    assert reconstruct(facts_of(*SIGNED, MISSED), MEASURE) is None
    assert reconstruct([], MEASURE) is None


@pytest.mark.parametrize(("hours", "known"), [(-1, 0), (0, 1), (1, 2), (48, 3)])
def test_as_known_is_what_was_recorded_by_then(hours: int, known: int) -> None:
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC)
    facts = [
        replace(fact, recorded_at=noon + timedelta(hours=n)) for n, fact in enumerate(facts_of(*MET[:3]))
    ]
    assert as_known(facts, noon + timedelta(hours=hours)) == facts[:known]
