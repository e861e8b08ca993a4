"""What may end in a measure: an office knows its own acts, what rests on them, and the end of a measure."""

import pytest

from domain.case import events as e
from domain.contract import ERASED
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    COMUNE,
    DAY,
    RECIPIENTS,
    SOCIAL,
    Story,
    absent,
    annulled,
    by,
    closed,
    convoked,
    everyone,
    household,
    infraction,
    lapsed,
    make,
    missed,
    moved,
    ordered,
    read,
    referral,
    referred,
    returned,
    sospensione,
    stayed_away,
    summoned,
    uid,
)
from tests.unit.disclosure.test_grounds import rows

MEASURES = (e.DecurtazioneOrdered, e.SospensioneOrdered, e.DecadenzaOrdered, e.RevocaOrdered)
EVERY_MEASURE = pytest.mark.parametrize("of", MEASURES, ids=lambda of: of.__name__)
NEVER = ("ust", "asl", "asl-serd", "mmg-1", "ets-1", "puc-1", "sil", COMUNE)


# --- own convocations ------------------------------------------------------------------------------------

AFTER = (e.JustifiedReasonRequested, e.JustifiedReasonSubmitted, e.JustifiedReasonDecided)


def breach(office: str) -> tuple[Story, object]:
    story = everyone()
    story.add(summoned(), by(office))
    return story, story.add(stayed_away(), by(office)).event_id


def test_an_absence_from_a_convocation_of_a_cpi_is_told_to_that_cpi():
    for office in ("cpi", "cpi-2", "accreditato-1"):
        story, _ = breach(office)
        delivered = make(e.ConvocationDelivered, convocation_id=uid("summons"), member_id=ANNA)
        assert (story.tells(delivered, "cpi", by("system")) is not None) == (office == "cpi")
        assert (story.shown(story.facts[-2], "cpi") is not None) == (office == "cpi")


def test_a_convocation_of_the_servizio_sociale_is_none_of_a_cpi():
    story = everyone()
    story.add(convoked())
    for event in (absent(), make(e.ConvocationDelivered, convocation_id=uid("convocation"))):
        assert story.tells(event, "cpi") is None


@pytest.mark.parametrize("of", AFTER, ids=lambda of: of.__name__)
@pytest.mark.parametrize("office", ["cpi", "cpi-2", "servizio-sociale"])
def test_the_reason_for_an_absence_is_told_to_the_cpi_that_recorded_it(of, office):
    story, ref = breach(office)
    assert (story.tells(make(of, infraction_ref=ref), "cpi") is not None) == (office == "cpi")


def test_a_breach_that_is_not_on_record_opens_nothing():
    for of in AFTER:
        assert everyone().tells(make(of, infraction_ref=uid("nothing")), "cpi") is None
    assert everyone().tells(make(e.SanctionProposalOpened, infraction_refs=()), "cpi") is None


def test_the_reason_for_a_breach_of_the_pais_is_not_told_to_the_cpi_that_reported_it():
    story = everyone()
    ref = story.add(missed("cpi", "TRAINING", DAY), by("cpi")).event_id
    event = make(e.JustifiedReasonSubmitted, infraction_ref=ref)
    assert story.tells(event, "cpi") is None
    psp = make(e.ServicePattoSigned, member_id=ANNA, psp_id=uid("patto"))
    story.add(psp, by("cpi"))
    assert story.tells(event, "cpi") is not None


def test_a_proposal_is_told_to_a_cpi_if_all_that_it_rests_on_is_its_own():
    story, own = breach("cpi")
    other = story.add(infraction(), SOCIAL).event_id
    mine = make(e.SanctionProposalOpened, infraction_refs=(own,))
    assert story.tells(mine, "cpi") is not None
    assert story.tells(make(e.SanctionProposalOpened, infraction_refs=(own, other)), "cpi") is None
    assert story.tells(mine, "accreditato-1") is None


def test_a_refusal_to_sign_is_told_to_the_cpi_that_recorded_it():
    event = make(e.PattoSignatureRefused, patto_kind="PSP")
    assert everyone().tells(event, "cpi", by("cpi")) is not None
    assert everyone().tells(event, "cpi", by("cpi-2")) is None
    assert everyone().tells(event, "cpi") is None


# --- terms and convictions -------------------------------------------------------------------------------


def test_inps_is_told_that_a_household_let_a_term_lapse_and_nothing_of_the_terms_of_the_services():
    for term in ("D1", "D2", "D3", "D18"):
        for duty in ("NUCLEO", "COMPONENTE"):
            assert everyone().tells(lapsed(term, duty=duty), "inps", by("system")) == {}
        assert everyone().tells(lapsed(term, duty="SERVIZI"), "inps", by("system")) is None
    assert everyone().tells(lapsed("D8"), "inps", by("system")) is None


@pytest.mark.parametrize("code", ["FINAL_CONVICTION", ERASED])
def test_a_conviction_is_told_to_inps_alone(code):
    for recorder in ("inps", "cpi"):
        told = {r for r in RECIPIENTS if everyone().tells(infraction(code), r, by(recorder)) is not None}
        assert told == ({"inps"} if recorder == "inps" else set())


def test_an_infraction_is_told_to_who_recorded_it_and_to_the_ambito_that_there_is_one():
    assert everyone().tells(infraction(), "ats", by("cpi")) == {}
    for office in ("cpi", "accreditato-1", "inps"):
        assert everyone().tells(infraction(), office, by(office)) is not None
        assert everyone().tells(infraction(), office) is None


# --- measures --------------------------------------------------------------------------------------------


@EVERY_MEASURE
def test_a_measure_is_told_to_the_office_whose_member_it_falls_on(of):
    story = everyone()
    of_anna = story.add(missed("servizio-sociale", "CONTACTS", DAY)).event_id
    event = ordered(of, "INPS", "MEMBER", of_anna)
    assert story.tells(event, "cpi", by("inps")) is not None
    assert story.tells(event, "accreditato-1", by("inps")) is None
    assert story.tells(ordered(of), "accreditato-1", by("inps")) is not None


@EVERY_MEASURE
@pytest.mark.parametrize("recipient", NEVER)
def test_no_measure_and_no_end_of_one_reaches_who_must_never_learn_of_one(of, recipient):
    story = everyone()
    ends = (annulled(), make(e.SuspensionLifted, measure_id=uid("measure")))
    after = (make(e.MeasureNotified, measure_id=uid("measure")), make(e.ReviewRequested))
    for event in (ordered(of), *after, *ends, lapsed("D3"), infraction(), closed()):
        told = story.tells(event, recipient, by("inps"))
        assert told is None or isinstance(event, e.CaseClosed)


def test_of_a_measure_of_the_household_an_infraction_of_nobody_names_no_member():
    story = everyone()
    nobodys = story.add(infraction("DSU_NOT_UPDATED", None), by("inps")).event_id
    assert story.tells(sospensione("INPS", "MEMBER", nobodys), "cpi", by("inps")) is None


@pytest.mark.parametrize("of", [e.MeasureNotified, e.ReviewRequested], ids=lambda of: of.__name__)
@pytest.mark.parametrize("office, shown", [("cpi", True), ("cpi-2", False)])
def test_what_follows_on_a_measure_is_told_to_the_cpi_that_ordered_it(of, office, shown):
    story = everyone()
    story.add(sospensione("CPI"), by(office))
    assert (story.tells(make(of, measure_id=uid("measure")), "cpi", by("cpi")) is not None) == shown


def test_what_follows_on_a_measure_of_inps_is_none_of_a_cpi():
    story = everyone()
    story.add(sospensione(), by("inps"))
    for of in (e.MeasureNotified, e.ReviewRequested):
        assert story.tells(make(of, measure_id=uid("measure")), "cpi", by("inps")) is None


def test_a_measure_of_a_court_is_not_the_cpis_own_whoever_recorded_it():
    fact = everyone().add(sospensione("COURT"), by("cpi"))
    assert everyone().shown(fact, "cpi").level == "P"


ENDS = (e.SuspensionLifted, e.MeasureAnnulled)
EVERY_END = pytest.mark.parametrize("of", ENDS, ids=lambda of: of.__name__)


def end_of(of: type) -> object:
    return make(of, measure_id=uid("measure"))


def struck() -> Story:
    story = Story(referral(), household(), referred("cpi", ANNA), referred("accreditato-1", BRUNO))
    story.add(sospensione(), by("inps"))
    return story


@EVERY_END
def test_the_end_of_a_measure_is_told_to_who_was_told_of_the_measure(of):
    for recipient in ("cpi", "accreditato-1"):
        told = struck().tells(end_of(of), recipient, by("inps"))
        assert told is not None and not told.keys() & {"reason", "cause_event_ref"}
    assert struck().tells(end_of(of), "cpi-2", by("inps")) is None


@EVERY_END
def test_the_end_of_a_measure_is_told_after_the_charge_and_after_the_case(of):
    story = struck()
    story.add(returned("cpi", ANNA), by("cpi"))
    assert story.tells(end_of(of), "cpi", by("inps")) is not None
    story.add(closed())
    assert story.tells(end_of(of), "cpi", by("inps")) is not None
    assert story.tells(household(), "cpi") is None


@EVERY_END
def test_the_end_of_a_measure_is_not_told_to_whose_charge_had_ended_before(of):
    story = Story(referral(), household(), referred("cpi"), returned("cpi"), sospensione())
    assert story.tells(end_of(of), "cpi", by("inps")) is None
    gone = Story(referral(), household(), referred("cpi"), moved("LEFT"), sospensione())
    assert gone.tells(end_of(of), "cpi", by("inps")) is None


@EVERY_END
def test_the_end_of_a_measure_that_came_after_the_case_is_told_to_no_office(of):
    story = Story(referral(), household(), referred("cpi"), closed())
    story.add(sospensione(), by("inps"))
    assert story.tells(end_of(of), "cpi", by("inps")) is None
    assert everyone().tells(end_of(of), "cpi", by("inps")) is None


@EVERY_END
def test_who_was_told_of_a_measure_by_a_later_referral_is_told_of_its_end(of):
    story = Story(referral(), household(), sospensione())
    story.add(referred("cpi"))
    assert ("backfill", 3, "SospensioneOrdered") in rows(story, "cpi")
    story.add(returned("cpi"), by("cpi"))
    story.add(closed())
    fact = story.add(end_of(of), by("inps"))
    assert set(read(fact, story.shown(fact, "cpi"))) <= {"measure_id", "lifted_on", "annulled_on"}
    assert rows(story, "cpi")[-1][1] == fact.version
