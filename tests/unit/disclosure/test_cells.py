"""Every cell of the disclosure matrix: nothing without a ground, and with it its fields less the masks.

That the cells are those of the matrix is tested with the contracts; what each mask hides, in test_masks.py.
"""

from typing import Any

import pytest

from domain.case import events as e
from domain.catalogue import CONTRACTS
from domain.contract import contract_of, encode, leaves, pattern
from domain.disclosure import disclose, disclose_protocol
from domain.disclosure.door import PROTOCOL_GROUNDS
from domain.disclosure.grounds import GROUNDS
from domain.fact import Fact, kind
from domain.protocol import events as p
from domain.protocol.state import fold as fold_protocol
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    RECIPIENTS,
    Story,
    by,
    everyone,
    fields_of,
    make,
    nobody,
    ordered,
    read,
    uid,
)
from tests.unit.disclosure.worlds import BUILDERS, fact_for

FACTS = [contract for contract in CONTRACTS.values() if contract.name.startswith("adi.case.")]
PROTOCOL_FACTS = [c for c in CONTRACTS.values() if c.name.startswith(("adi.protocol.", "adi.table."))]
ACCESS_FACTS = [contract for contract in CONTRACTS.values() if contract.name.startswith("adi.access.")]

EVERY_CASE_FACT = pytest.mark.parametrize("contract", FACTS, ids=lambda c: c.type.__name__)
EVERY_PROTOCOL_FACT = pytest.mark.parametrize("contract", PROTOCOL_FACTS, ids=lambda c: c.type.__name__)
EVERY_RECIPIENT = pytest.mark.parametrize("recipient", RECIPIENTS)

LATER = {"person", "own_access"}
"""Grounds that are never judged for a topic: an extract, and the access log, on request."""

STANDING = {"always", "ambito", "school_office"}
"""Grounds that no link to the case is asked for: a request to the school office is made to it alone."""

WHOLE_ASL = {"in_care", "referred_unit"}
"""Grounds that the ASL as a whole never has: care is of one unit."""

MASKED = {
    e.HouseholdCompositionRecorded: {"members[].residence_address"},
    e.HouseholdConvoked: {"place"},
    e.MemberConvokedByCpi: {"contact_used", "place"},
    e.CaseManagerAssigned: {"reason"},
    e.EquipeFormed: {"missing_roles[].reason"},
    e.EquipeChanged: {"missing_roles[].reason", "reason"},
    e.EquipeMet: {"minutes_ref"},
    e.ProceedingNoticeSent: {"document_hash"},
}
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
    if cell is None or cell.ground in LATER or (recipient == "asl" and cell.ground in WHOLE_ASL):
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
def test_a_stranger_is_shown_nothing_of_a_case_with_everyone_in_it(contract):
    for recipient in ("cpi", "accreditato-1", "asl-serd"):
        story = everyone()
        fact, case = fact_for(story, contract, recipient), story.case
        assert [stranger for stranger in STRANGERS if disclose(fact, case, stranger)] == []


@EVERY_CASE_FACT
@pytest.mark.parametrize("recipient", ["servizio-sociale", "system", "person"])
def test_no_cell_gives_a_topic_to_who_reads_elsewhere(contract, recipient):
    story = everyone()
    assert story.shown(fact_for(story, contract, "cpi"), recipient) is None


@EVERY_RECIPIENT
def test_a_correction_is_never_disclosed_by_itself(recipient):
    story = everyone()
    correction = story.add(make(e.EventCorrected, corrects_event_id=story.facts[1].event_id, new_value={}))
    assert disclose(correction, everyone().case, recipient) is None


def test_every_ground_of_a_cell_is_known():
    assert {cell.ground for contract in FACTS for cell in contract.shown} == set(GROUNDS)
    named = {cell.ground for contract in PROTOCOL_FACTS for cell in contract.shown}
    assert named - LATER == set(PROTOCOL_GROUNDS)


def test_every_fact_is_given_to_somebody_by_the_ground_of_its_cell():
    """No cell of a topic is dead: each is given to some recipient in some case."""
    dead = {
        (contract.type.__name__, actor)
        for contract in FACTS
        for cell in contract.shown
        for actor in cell.actors
        if cell.ground not in LATER and not any(_given(contract, r) for r in RECIPIENTS if kind(r) == actor)
    }
    assert dead == set()


def _given(contract: Any, recipient: str) -> bool:
    story = everyone()
    return story.shown(fact_for(story, contract, recipient), recipient) is not None


def test_a_notice_shows_no_field():
    for contract in FACTS:
        for cell in contract.shown:
            assert (cell.level == "N") == (cell.level != "F" and not cell.fields)


def test_what_serves_the_replay_of_a_decision_is_shown_to_nobody():
    for contract in FACTS:
        internal = {f for f in contract.type.__dataclass_fields__ if f not in contract.in_full}
        for cell in contract.shown:
            assert internal.isdisjoint(cell.fields), contract.name


MEASURES = (e.DecurtazioneOrdered, e.SospensioneOrdered, e.DecadenzaOrdered, e.RevocaOrdered)


@pytest.mark.parametrize("of", MEASURES, ids=lambda of: of.__name__)
def test_a_measure_that_a_cpi_ordered_itself_is_shown_to_it_in_full(of):
    story = everyone()
    fact = story.add(ordered(of, "CPI"), by("cpi"))
    shown = story.shown(fact, "cpi")
    taken = {e.DecurtazioneOrdered: {"amount.amount"}, e.RevocaOrdered: {"restitution.amount"}}.get(of, set())
    assert shown.level == "F" and {"motivation", *taken} <= fields_of(shown)
    assert not fields_of(shown) & {"inputs", "rule_set_hash", "case_version", "evidence_event_ids"}
    assert not fields_of(story.shown(fact, "ats")) & {"motivation", *taken}


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
    if contract.type not in (e.ObligationEvaluated, e.MemberConditionRecorded):
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
    fact = next(fact for fact in story.facts if type(fact.event) is e.PattoDrafted)
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
    fact = next(fact for fact in story.facts if type(fact.event) is e.PreliminaryAnalysisCompleted)
    shown = story.shown(fact, recipient)
    found = {int(p.split("[")[1].split("]")[0]) for p in shown.paths if p.startswith("needs_by_area")}
    assert {fact.event.needs_by_area[index].area for index in found} == areas


# --- the protocol ----------------------------------------------------------------------------------------


def protocol_story(*signatories: str) -> Story:
    bodies = tuple(make(p.Signatory, agency=agency) for agency in signatories)
    return Story(
        make(p.ProtocolSigned, signatories=bodies, on_withdrawal="SIGNATORY_LEAVES"), recorder=by("ats")
    )


def standing_under(story: Story, contract: Any, recipient: str) -> Fact[Any]:
    """A fact of the protocol or of the Tavolo; of a PUC, and of an agreement, that are the recipient's."""
    if contract.type is p.ProtocolSigned:
        return story.facts[0]
    whose = {
        p.PucOpened: {"holder": recipient},
        p.AgreementSigned: {"party": recipient},
        p.PucEnded: {"puc_id": uid("puc")},
    }
    if contract.type is p.PucEnded:
        story.add(make(p.PucOpened, puc_id=uid("puc"), holder=recipient), by("ats"))
    return story.add(make(contract.type, **whose.get(contract.type, {})), by("ats"))


@EVERY_PROTOCOL_FACT
@EVERY_RECIPIENT
def test_a_fact_of_the_protocol_is_shown_to_the_bodies_that_its_cells_name(contract, recipient):
    story = protocol_story("ats", "cpi", "ust", "asl", COMUNE)
    fact = standing_under(story, contract, recipient)
    shown = disclose_protocol(fact, fold_protocol(_of_protocol(story)), recipient)
    if contract.cell(kind(recipient)) is None:
        assert shown is None
    else:
        assert shown is not None and fields_of(shown) == expected(fact, recipient)


def _of_protocol(story: Story) -> list[Fact[Any]]:
    return [fact for fact in story.facts if contract_of(fact.event).name.startswith("adi.protocol.")]


@EVERY_PROTOCOL_FACT
@pytest.mark.parametrize(
    "recipient",
    [
        "ust",
        "ust-1",
        "asl-serd",
        "inps",
        "inps-1",
        "sil",
        "sil-1",
        "ets-1",
        "puc-1",
        "person",
        "ats-2",
        "cpi2",
    ],
)
def test_who_did_not_sign_is_shown_nothing_of_the_protocol(contract, recipient):
    story = protocol_story("ats", "cpi")
    fact = standing_under(story, contract, "puc-2")
    shown = disclose_protocol(fact, fold_protocol(_of_protocol(story)), recipient)
    cell = contract.cell(kind(recipient))
    always = cell is not None and cell.ground == "always" and recipient in ("inps", "sil")
    assert (shown is not None) == always


def test_the_end_of_a_puc_is_told_to_its_holder_and_to_no_other():
    story = protocol_story("ats", "cpi")
    end = standing_under(story, contract_of(p.PucEnded), "puc-1")
    protocol = fold_protocol(story.facts)
    assert set(read(end, disclose_protocol(end, protocol, "puc-1"))) == {"puc_id", "ended_on", "reason"}
    assert disclose_protocol(end, protocol, "puc-2") is None
    assert disclose_protocol(end, fold_protocol(story.facts[:1]), "puc-1") is None


def test_the_school_office_is_told_that_rungs_were_decided_and_not_which():
    story = protocol_story("ats", "cpi", "ust")
    fact = story.add(make(p.RungsDecided), by("ats"))
    told = read(fact, disclose_protocol(fact, fold_protocol(story.facts), "ust"))
    assert set(told) == {"protocol_id", "rule_set", "minutes_ref", "decided_on"}


@EVERY_RECIPIENT
def test_to_have_signed_the_protocol_gives_nothing_of_a_case(recipient):
    if kind(recipient) in ("ats", "inps"):
        return
    for contract in FACTS:
        story = nobody()
        if contract.type is not e.SchoolVerificationRequested:
            assert story.shown(fact_for(story, contract, recipient, own=False), recipient) is None


# --- the access log --------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", ACCESS_FACTS, ids=lambda c: c.type.__name__)
@EVERY_RECIPIENT
def test_who_read_a_case_file_is_told_to_nobody_by_a_topic(contract, recipient):
    story = everyone()
    story.add(make(contract.type), by(recipient))
    protocol = protocol_story("ats", "cpi", "ust", "asl", COMUNE)
    fact = protocol.add(make(contract.type), by(recipient))
    assert disclose(story.facts[-1], everyone().case, recipient) is None
    assert disclose_protocol(fact, fold_protocol(protocol.facts[:1]), recipient) is None


def test_every_kind_of_fact_is_tried():
    assert {contract.type for contract in FACTS} >= set(BUILDERS)
    assert len(CONTRACTS) == len(FACTS) + len(PROTOCOL_FACTS) + len(ACCESS_FACTS)
