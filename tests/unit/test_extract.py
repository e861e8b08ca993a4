"""The extract for each seat of the équipe: what the matrix allows, bound by a hash, masked as of today."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.events import CaseManagerAssigned, EquipeConvoked, SupportActivated
from domain.case.parts import Invitee
from domain.case.state import fold
from domain.disclosure import convictions
from domain.extract import (
    SITTING,
    Extract,
    as_read,
    before_invited,
    bound,
    digest,
    extract,
    holds,
    is_of_then,
    recipient_of,
    standing,
)
from domain.fact import Fact
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    EVERYONE,
    LINES,
    Story,
    analysis,
    assigned,
    by,
    closed,
    component,
    condition,
    correction,
    draft,
    household,
    invitee,
    make,
    member,
    referral,
    sat,
    signed,
    sitting,
    team,
    team_changed,
    uid,
)

SEATS = ("cpi", "ust", "asl-serd", "ets-1", "sil", "mmg-1")
INVITED = tuple(invitee(seat) for seat in SEATS)
"""As they sit in EVERYONE, of whom only the asl as a whole is not invited."""


def begun() -> Story:
    """A case with everyone in the équipe, before it is convoked."""
    return Story(referral(), household(), analysis(), team(*EVERYONE), draft(*LINES), signed())


def convoked(story: Story, *invitees: Any) -> Any:
    return story.add(bound(sitting(*invitees), story.facts), by("ats"))


def types(made: Any) -> list[str]:
    return [fact["type"].split(".")[2] for fact in made["facts"]]


def test_each_seat_gets_its_own() -> None:
    story = begun()
    made = {one.agency: extract(story.facts, story.case, one) for one in INVITED}
    assert made["cpi"]["profile"] == "cpi" and made["cpi"]["case_version"] == 6
    assert {"equipe_formed", "patto_drafted", "patto_signed"} <= {*types(made["cpi"]), *types(made["ust"])}
    lines = {seat: _lines(each) for seat, each in made.items()}
    assert lines["ust"] == {"impegno SCHOOLING ust"}
    assert not any("HEALTH" in text for seat in ("cpi", "ust", "ets-1", "sil") for text in lines[seat])
    assert len({digest(each) for each in made.values()}) == len(SEATS)


def _lines(made: Any) -> set[str]:
    return {
        row["text"] for fact in made["facts"] for row in fact["data"].get("commitments", ()) if "text" in row
    }


def test_nothing_but_what_a_sitting_needs() -> None:
    story = begun()
    names = {kind.__name__ for kind in SITTING}
    assert "HouseholdCompositionRecorded" not in names and "CommitmentMissed" not in names
    story.add(condition("ONCOLOGICAL"))
    for one in INVITED:
        assert "member_condition_recorded" not in types(extract(story.facts, story.case, one))
        assert "Cognome" not in json.dumps(
            [f for f in extract(story.facts, story.case, one)["facts"] if "equipe_formed" not in f["type"]]
        )


def test_who_does_not_sit_gets_nothing_and_a_unit_of_the_asl_not_what_another_does() -> None:
    story = begun()
    stranger = invitee("asl-csm")
    assert extract(story.facts, story.case, stranger)["facts"] == []
    serd = extract(story.facts, story.case, invitee("asl-serd"))
    assert serd["facts"] != []


@pytest.mark.parametrize(
    ("seat", "recipient"),
    [
        ("cpi", "cpi"),
        ("asl", "asl"),
        ("asl-serd", "asl-serd"),
        ("comune-058091", "comune-058091"),
    ],
)
def test_as_whom_an_invitee_is_shown_facts(seat: str, recipient: str) -> None:
    assert recipient_of(invitee(seat)) == recipient


def test_units_share_with_their_agency_but_for_health_and_anti_violence() -> None:
    assert recipient_of(replace(invitee("cpi"), unit="cpi-sportello")) == "cpi"
    assert recipient_of(replace(invitee("ets"), unit="ets-cav")) == "ets-cav"


def test_of_the_servizio_sociale_only_who_is_assigned_reads() -> None:
    story = begun()
    one = replace(invitee("servizio-sociale"), person_id=uid("social worker"))
    assert extract(story.facts, story.case, one)["facts"] == []
    story.add(replace(assigned("servizio-sociale"), person_id=one.person_id))
    made = extract(story.facts, story.case, one)
    assert "preliminary_analysis_completed" in types(made) and "household_composition_recorded" not in types(
        made
    )


# --- the operators of an anti-violence service -----------------------------------------------------------

MANAGER, COLLEAGUE = (
    Invitee(person_id=uid(who), agency="servizio-sociale") for who in ("manager", "colleague")
)


def manages(who: Invitee) -> CaseManagerAssigned:
    return make(CaseManagerAssigned, person_id=who.person_id, agency="servizio-sociale")


def guarded() -> Story:
    """A case with such an operator in its équipe, who has recorded something, its manager and a colleague."""
    story = Story(referral(), household(), analysis(), team(*EVERYONE, component("ets-cav")))
    for who in (MANAGER, COLLEAGUE):
        story.add(replace(assigned("servizio-sociale", name=str(who)), person_id=who.person_id))
    story.add(manages(MANAGER))
    story.add(make(SupportActivated, provider="ets-cav"), by("ets-cav"))
    return story


def of_her(made: Any) -> bool:
    return "ets-cav" in json.dumps(made) or "support_activated" in types(made)


def test_the_case_manager_alone_is_told_of_the_operators_of_an_anti_violence_service() -> None:
    story = guarded()
    fact = convoked(story, MANAGER, COLLEAGUE)
    read = {who: as_read(story.facts, fact.event_id, who) for who in (MANAGER, COLLEAGUE)}
    assert {who: of_her(each) for who, each in read.items()} == {MANAGER: True, COLLEAGUE: False}
    (formed,) = (each for each in read[COLLEAGUE]["facts"] if "equipe_formed" in each["type"])
    assert len(formed["data"]["components"]) == len(EVERYONE)


def test_what_each_of_them_is_told_is_what_the_convocation_binds() -> None:
    story = guarded()
    fact = convoked(story, MANAGER, COLLEAGUE)
    for who in (MANAGER, COLLEAGUE):
        assert is_bound(story.facts, fact.event_id, who, as_read(story.facts, fact.event_id, who))


def test_who_becomes_the_case_manager_is_told_of_them_and_who_was_no_longer_is() -> None:
    story = guarded()
    fact = convoked(story, MANAGER, COLLEAGUE)
    story.add(manages(COLLEAGUE))
    read = {who: as_read(story.facts, fact.event_id, who) for who in (MANAGER, COLLEAGUE)}
    assert {who: of_her(each) for who, each in read.items()} == {MANAGER: False, COLLEAGUE: True}
    assert not any(is_bound(story.facts, fact.event_id, who, each) for who, each in read.items())


def test_no_fact_of_a_sitting_could_tell_of_a_conviction() -> None:
    telling = (*convictions.KINDS, *convictions.ABOUT)
    assert not [kind for kind in SITTING if issubclass(kind, telling)]


# --- the hash --------------------------------------------------------------------------------------------


def test_one_hash_binds_every_extract() -> None:
    story = begun()
    event = bound(sitting(*INVITED), story.facts)
    assert isinstance(event, EquipeConvoked)
    lines = sorted(f"{one.person_id} {digest(extract(story.facts, story.case, one))}\n" for one in INVITED)
    assert event.attachment_hash == sha256("".join(lines).encode()).hexdigest()
    assert bound(sitting(*reversed(INVITED)), story.facts).attachment_hash == event.attachment_hash  # type: ignore[union-attr]
    for missing in INVITED:
        others = [one for one in INVITED if one is not missing]
        assert bound(sitting(*others), story.facts).attachment_hash != event.attachment_hash  # type: ignore[union-attr]


def test_other_events_are_left_as_they_are() -> None:
    assert bound(event := team(*EVERYONE), begun().facts) is event


def test_an_extract_is_made_again_from_the_log_whatever_came_later() -> None:
    story = begun()
    fact = convoked(story, *INVITED)
    before = digest(extract(story.facts[:6], fold(story.facts[:6]), INVITED[0]))
    story.add(sat())
    story.add(team_changed(component("ust")))
    again = before_invited(story.facts, fact.event_id, INVITED[0].person_id)
    assert digest(extract(again, fold(again), INVITED[0])) == before
    read = as_read(story.facts, fact.event_id, INVITED[0])
    assert digest(read) == before and is_bound(story.facts, fact.event_id, INVITED[0], read)


def test_a_seat_cannot_find_another_one_s_extract_by_trying() -> None:
    """All that a seat is ever shown leaves out the ids of the commands, which salt each extract."""
    story = begun()
    one = extract(story.facts, story.case, INVITED[0])
    story.facts[0] = replace(story.facts[0], command_id=uid("another command"))
    assert digest(extract(story.facts, story.case, INVITED[0])) != digest(one)
    assert one["salt"] != extract(story.facts, story.case, INVITED[1])["salt"]
    told = json.dumps(one)
    assert not any(str(fact.command_id) in told for fact in story.facts)


def test_the_hash_is_of_canonical_json() -> None:
    made = {"b": "è", "a": [1, None]}
    assert digest(made) == sha256('{"a":[1,null],"b":"è"}'.encode()).hexdigest()


def test_it_is_decided_the_same_again() -> None:
    story = begun()
    seated = [replace(one, unit="sil-nord") if one.agency == "sil" else one for one in INVITED]
    stated = replace(sitting(*seated), attachment="ESTRATTO")
    story.add(assigned("ats"), by("ats"))
    act = Act(replace(by("ats"), person=assigned("ats").person_id), stated)
    first = [bound(event, story.facts) for event in decide(act, Law(), story.case)]
    second = [bound(event, story.facts) for event in decide(act, Law(), story.case)]
    assert first == second and len(first) == 1
    story.add(first[0], by("ats"))
    assert decide(act, Law(), story.case) == []


def is_bound(facts: list[Fact[Any]], convocation_id: UUID, invited: Invitee, read: Extract) -> bool:
    return holds(facts, convocation_id) and is_of_then(facts, convocation_id, invited, read)


# --- read later ------------------------------------------------------------------------------------------


def test_masks_of_today_hide_more_and_the_answer_says_so() -> None:
    story = begun()
    fact = convoked(story, *INVITED)
    formed = story.facts[3]
    cpi = INVITED[0]
    assert is_bound(story.facts, fact.event_id, cpi, as_read(story.facts, fact.event_id, cpi))
    components = tuple(one for one in EVERYONE if one.agency != "cpi")
    story.add(correction(formed, components=components))
    read = as_read(story.facts, fact.event_id, cpi)
    assert "equipe_formed" not in types(read)
    assert not is_bound(story.facts, fact.event_id, cpi, read)


def test_what_was_voided_since_is_not_read_any_more() -> None:
    story = begun()
    fact = convoked(story, *INVITED)
    story.add(correction(story.facts[2], voids=True))
    for one in INVITED:
        assert "preliminary_analysis_completed" not in types(as_read(story.facts, fact.event_id, one))


def test_the_end_of_the_case_leaves_it_as_it_was_bound() -> None:
    story = begun()
    fact = convoked(story, *INVITED)
    story.add(closed())
    for one in INVITED:
        read = as_read(story.facts, fact.event_id, one)
        assert is_bound(story.facts, fact.event_id, one, read)


def test_who_is_invited_by_a_correction_gets_the_extract_of_that_moment_bound_by_nothing() -> None:
    story = begun()
    fact = convoked(story, INVITED[0])
    story.add(sat())
    later = invitee("ust")
    fix = story.add(correction(fact, invitees=(INVITED[0], later)), by("ats"))
    assert [f.version for f in before_invited(story.facts, fact.event_id, later.person_id)][
        -1
    ] == fix.version - 1
    read = as_read(story.facts, fact.event_id, later)
    assert "equipe_met" in types(read) and not is_bound(story.facts, fact.event_id, later, read)
    kept = as_read(story.facts, fact.event_id, INVITED[0])
    assert "equipe_met" not in types(kept) and is_bound(story.facts, fact.event_id, INVITED[0], kept)


def test_a_stranger_was_never_invited() -> None:
    story = begun()
    fact = convoked(story, INVITED[0])
    with pytest.raises(LookupError):
        before_invited(story.facts, fact.event_id, uid("a stranger"))


def test_how_a_convocation_stands() -> None:
    story = begun()
    fact = convoked(story, *INVITED)
    assert standing(story.facts[:-1], fact.event_id) is None
    story.add(correction(fact, seat="Sala B"), by("ats"))
    assert (now := standing(story.facts, fact.event_id)) is not None and now.seat == "Sala B"
    story.add(correction(fact, voids=True), by("ats"))
    assert standing(story.facts, fact.event_id) is None


def test_personal_data_of_the_household_are_not_in_it() -> None:
    story = Story(
        referral(),
        household(
            member(ANNA, name="Ermengarda", surname="Inventatissima", tax_code="NVNRMG80A41A000X"),
            member(BRUNO),
            member(CARLO, date(2014, 4, 4)),
        ),
        analysis(),
        team(*EVERYONE),
    )
    for one in INVITED:
        told = json.dumps(extract(story.facts, story.case, one)).casefold()
        assert not any(word in told for word in ("ermengarda", "inventatissima", "nvnrmg"))
