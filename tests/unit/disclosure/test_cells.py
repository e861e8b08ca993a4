"""Every cell of the disclosure matrix: nothing without a ground, and with it its fields less the masks.

That the cells are those of the matrix is tested with the contracts; what each mask hides, in test_masks.py.
"""

from dataclasses import replace
from typing import Any

import pytest

from domain.case.events import (
    AppointmentHeld,
    CaseClosed,
    CaseReferred,
    CommitmentMissed,
    ConvocationDelivered,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    EventCorrected,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    InfractionReportedToInps,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
)
from domain.contract import CONTRACTS, Contract, contract_of, encode, leaves, pattern
from domain.disclosure import disclose, disclose_protocol
from domain.fact import Fact, kind
from domain.protocol.events import ProtocolSigned, ReferentAppointed, Signatory, WithdrawalReceived
from domain.protocol.state import fold as fold_protocol
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    EVERYONE,
    RECIPIENTS,
    SOCIAL,
    Story,
    assigned,
    by,
    closed,
    condition,
    decurtazione,
    evaluated,
    everyone,
    fields_of,
    make,
    met,
    missed,
    nobody,
    referred,
    reported,
    team,
    uid,
    unassigned,
)

FACTS = [contract for contract in CONTRACTS.values() if contract.name.startswith("adi.case.")]
PROTOCOL_FACTS = [contract for contract in CONTRACTS.values() if contract.name.startswith("adi.protocol.")]

EVERY_CASE_FACT = pytest.mark.parametrize("contract", FACTS, ids=lambda c: c.type.__name__)
EVERY_PROTOCOL_FACT = pytest.mark.parametrize("contract", PROTOCOL_FACTS, ids=lambda c: c.type.__name__)
EVERY_RECIPIENT = pytest.mark.parametrize("recipient", RECIPIENTS)

LATER = {"in_care", "assigned_member", "own_convocation", "person"}
"""Grounds that no fact of today can give; those of the person are never judged for a topic."""

STANDING = {"always", "ambito"}

MASKED = {EquipeFormed: {"missing_roles[].reason"}}
"""What masks take out of the facts below, where no member is protected and nothing is of health."""

STRANGERS = (
    "",
    "person",
    "system",
    "servizio-sociale",
    "scuola-1",
    "cp",
    "CPI",
    "cpi2",
    "cpi-1",
    "ust-1",
    "us",
    "asl-consultorio",
    "asl-ser",
    "asl-serd-1",
    "asl-",
    "mmg",
    "mmg-11",
    "ets-11",
    "ets",
    "puc-",
    "sil-1",
    "accreditato",
    "accreditato-11",
    "comune",
    "comune-",
    "comune-05809",
    "comune-0580910",
    "comune-058047",
    "ats-2",
    "inps-1",
)
"""Codes like those of the recipients that nothing links to the case."""


def fact_for(story: Story, contract: Contract, recipient: str, *, own: bool = True) -> Fact[Any]:
    """A fact of this kind in this case; one that the recipient made, reported or answers for, if its own."""
    of = contract.type
    given = [fact for fact in story.facts if type(fact.event) is of]
    mine = by(recipient) if own else SOCIAL
    if of is OperatorUnassigned:
        story.add(assigned(mine.agency, mine.unit), mine)
        return story.add(unassigned(), mine)
    if of is OperatorAssigned:
        return story.add(assigned(mine.agency, mine.unit), mine)
    if of is MemberReferredToEmploymentService and own and kind(recipient) == "accreditato":
        return given[1]
    if of is MemberReferredToEmploymentService and not own:
        return story.add(referred("cpi-altrove"))
    if of is DecurtazioneOrdered and not own:
        return story.add(decurtazione(), by("inps"))
    if of is MeasureNotified:
        office = by("cpi") if own and recipient == "cpi" else by("inps")
        story.add(decurtazione("CPI" if office.agency == "cpi" else "INPS"), office)
        return story.add(make(MeasureNotified, measure_id=uid("decurtazione")), office)
    if given:
        return given[0]
    referred_one = BRUNO if kind(recipient) == "accreditato" else ANNA
    event, recorder = {
        MemberConditionRecorded: (
            condition("REGULAR_STUDY", CARLO) if recipient == "ust" else condition("EMPLOYED", referred_one),
            mine if kind(recipient) in ("ust", "asl") else SOCIAL,
        ),
        ObligationEvaluated: (evaluated("EMPLOYED", who=referred_one), SOCIAL),
        AppointmentHeld: (met("CPI" if own else "SERVIZIO_SOCIALE"), mine),
        CommitmentMissed: (missed(recipient if own else "servizio-sociale"), mine),
        InfractionReportedToInps: (reported(), mine),
        DecurtazioneOrdered: (decurtazione(), by("inps")),
        DecadenzaOrdered: (make(DecadenzaOrdered, authority="INPS", affected_scope="HOUSEHOLD"), by("inps")),
        CaseClosed: (closed(), SOCIAL),
        EquipeFormed: (team(replace(EVERYONE[0], unit="segretariato")), SOCIAL),
    }.get(of, (make(of), SOCIAL))
    return story.add(event, recorder)


def expected(fact: Fact[Any], recipient: str) -> set[str]:
    """The values of this fact that lie in the fields of the cell, less what masks take out."""
    contract = contract_of(fact.event)
    cell = contract.cell(kind(recipient))
    assert cell is not None
    fields = contract.in_full if cell.level == "F" else cell.fields
    there = {pattern(leaf.path) for leaf in leaves(contract.type, encode(fact.event))}
    named = {p for p in there if any(p == f or p.startswith((f"{f}.", f"{f}[")) for f in fields)}
    return named - MASKED.get(contract.type, set())


# --- cases -----------------------------------------------------------------------------------------------


@EVERY_CASE_FACT
@EVERY_RECIPIENT
def test_with_its_ground_a_recipient_is_shown_the_fields_of_its_cell_and_no_other(contract, recipient):
    story = everyone()
    fact = fact_for(story, contract, recipient)
    cell, shown = contract.cell(kind(recipient)), story.shown(fact, recipient)
    if cell is None or cell.ground in LATER:
        assert shown is None
    else:
        assert shown is not None and (shown.level, shown.ground) == (cell.level, cell.ground)
        assert fields_of(shown) == expected(fact, recipient)


@EVERY_CASE_FACT
@EVERY_RECIPIENT
def test_without_a_ground_a_recipient_is_shown_nothing(contract, recipient):
    story = nobody()
    fact = fact_for(story, contract, recipient, own=False)
    cell, shown = contract.cell(kind(recipient)), story.shown(fact, recipient)
    if cell is not None and cell.ground in STANDING:
        assert shown is not None and fields_of(shown) == expected(fact, recipient)
    else:
        assert shown is None


@EVERY_CASE_FACT
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_is_shown_nothing_of_a_case_with_everyone_in_it(contract, stranger):
    story = everyone()
    for recipient in ("cpi", "accreditato-1", "asl-serd"):
        fact = fact_for(story, contract, recipient)
        assert story.shown(fact, stranger) is None


@EVERY_CASE_FACT
@pytest.mark.parametrize("recipient", ["servizio-sociale", "system", "person"])
def test_no_cell_gives_a_topic_to_who_reads_elsewhere(contract, recipient):
    story = everyone()
    assert story.shown(fact_for(story, contract, "cpi"), recipient) is None


@EVERY_RECIPIENT
def test_a_correction_is_never_disclosed_by_itself(recipient):
    story = everyone()
    correction = story.add(make(EventCorrected, corrects_event_id=story.facts[1].event_id, new_value={}))
    assert disclose(correction, everyone().case, recipient) is None


def test_every_ground_of_a_cell_is_known():
    story = everyone()
    for contract in FACTS:
        for cell in contract.shown:
            for actor in cell.actors:
                story.shown(fact_for(everyone(), contract, "cpi"), actor)


def test_a_notice_shows_no_field():
    for contract in FACTS:
        for cell in contract.shown:
            assert (cell.level == "N") == (cell.level != "F" and not cell.fields)


def test_what_serves_the_replay_of_a_decision_is_shown_to_nobody():
    for contract in FACTS:
        internal = {f for f in contract.type.__dataclass_fields__ if f not in contract.in_full}
        for cell in contract.shown:
            assert internal.isdisjoint(cell.fields), contract.name


def test_a_measure_that_a_cpi_ordered_itself_is_shown_to_it_in_full():
    story = everyone()
    fact = story.add(decurtazione("CPI"), by("cpi"))
    shown = story.shown(fact, "cpi")
    assert shown.level == "F" and {"amount.amount", "motivation"} <= fields_of(shown)
    assert not fields_of(shown) & {"inputs", "rule_set_hash", "case_version", "evidence_event_ids"}
    assert "amount.amount" not in fields_of(story.shown(fact, "ats"))


# --- the members a recipient is in charge of -------------------------------------------------------------


@pytest.mark.parametrize(
    "recipient, members",
    [
        ("cpi", {ANNA}),
        ("accreditato-1", {BRUNO}),
        ("ust", {CARLO}),
        (COMUNE, {ANNA, BRUNO, CARLO}),
        ("inps", {ANNA, BRUNO, CARLO}),
    ],
)
def test_of_a_household_a_recipient_is_shown_the_members_in_its_charge(recipient, members):
    story = everyone()
    event = story.facts[1].event
    shown = story.shown(story.facts[1], recipient)
    indices = {int(path.split("[")[1].split("]")[0]) for path in shown.paths if path.startswith("members")}
    assert {event.members[index].member_id for index in indices} == members


@EVERY_CASE_FACT
@pytest.mark.parametrize("recipient", ["cpi", "accreditato-1"])
def test_a_fact_on_a_member_whom_another_office_has_in_charge_is_not_shown(contract, recipient):
    if contract.type not in (ObligationEvaluated, MemberConditionRecorded):
        return
    story, other = everyone(), "accreditato-1" if recipient == "cpi" else "cpi"
    assert story.shown(fact_for(story, contract, other), recipient) is None


@pytest.mark.parametrize(
    "recipient, areas, supports",
    [
        ("cpi", {"TRAINING"}, 1),
        ("ust", {"SCHOOLING"}, 0),
        ("asl", {"HEALTH"}, 1),
        ("asl-serd", {"HEALTH"}, 1),
        ("ets-1", set(), 1),
        ("sil", set(), 1),
    ],
)
def test_of_a_patto_a_recipient_is_shown_its_own_lines(recipient, areas, supports):
    story = everyone()
    fact = next(fact for fact in story.facts if type(fact.event) is PattoDrafted)
    shown = story.shown(fact, recipient)
    lines = {path.split("]")[0] for path in shown.paths if path.startswith("commitments[")}
    own = [fact.event.commitments[int(path.split("[")[1])] for path in lines]
    assert {commitment.area for commitment in own} == areas
    assert {commitment.evidence_by for commitment in own} <= {recipient}
    assert len({path.split("]")[0] for path in shown.paths if path.startswith("supports[")}) == supports


@pytest.mark.parametrize(
    "recipient, areas",
    [
        ("cpi", {"WORK"}),
        ("sil", {"WORK"}),
        ("ust", {"SCHOOLING"}),
        ("asl", {"HEALTH"}),
        ("asl-serd", {"HEALTH"}),
    ],
)
def test_of_an_analysis_a_seat_of_the_team_is_shown_the_areas_of_its_extract(recipient, areas):
    story = everyone()
    fact = next(fact for fact in story.facts if type(fact.event) is PreliminaryAnalysisCompleted)
    shown = story.shown(fact, recipient)
    found = {int(p.split("[")[1].split("]")[0]) for p in shown.paths if p.startswith("needs_by_area")}
    assert {fact.event.needs_by_area[index].area for index in found} == areas


# --- the protocol ----------------------------------------------------------------------------------------


def protocol_story(*signatories: str) -> Story:
    bodies = tuple(make(Signatory, agency=agency) for agency in signatories)
    return Story(
        make(ProtocolSigned, signatories=bodies, on_withdrawal="SIGNATORY_LEAVES"), recorder=by("ats")
    )


@EVERY_PROTOCOL_FACT
@EVERY_RECIPIENT
def test_a_fact_of_the_protocol_is_shown_to_the_bodies_that_signed_it(contract, recipient):
    story = protocol_story("ats", "cpi", "ust", "asl", COMUNE)
    agency = {"agency": "cpi"} if contract.type is not ProtocolSigned else {}
    fact = story.facts[0] if not agency else story.add(make(contract.type, **agency), by("ats"))
    shown = disclose_protocol(fact, fold_protocol(story.facts), recipient)
    if contract.cell(kind(recipient)) is None:
        assert shown is None
    else:
        assert fields_of(shown) == expected(fact, recipient)


@EVERY_PROTOCOL_FACT
@pytest.mark.parametrize(
    "recipient", ["ust", "ust-1", "asl-serd", "inps", "ets-1", "person", "ats-2", "cpi2"]
)
def test_who_did_not_sign_is_shown_nothing_of_the_protocol(contract, recipient):
    story = protocol_story("ats", "cpi")
    fact = story.add(make(contract.type, **({} if contract.type is ProtocolSigned else {"agency": "cpi"})))
    protocol = fold_protocol(story.facts[:1])
    assert disclose_protocol(fact, protocol, recipient) is None


@EVERY_RECIPIENT
def test_to_have_signed_the_protocol_gives_nothing_of_a_case(recipient):
    if kind(recipient) in ("ats", "inps"):
        return
    story = nobody()
    for contract in FACTS:
        assert story.shown(fact_for(story, contract, recipient, own=False), recipient) is None


def test_the_kinds_of_facts_are_those_that_this_file_knows():
    known = {ReferentAppointed, WithdrawalReceived, ProtocolSigned}
    assert {contract.type for contract in PROTOCOL_FACTS} == known
    assert {
        CaseReferred,
        HouseholdCompositionRecorded,
        HouseholdConvoked,
        ConvocationDelivered,
        PattoSigned,
    } <= {contract.type for contract in FACTS}
