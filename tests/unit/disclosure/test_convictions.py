"""What of a case would tell of a conviction, by all its facts."""

from uuid import UUID

import pytest

from domain.case import events as e
from domain.contract import ERASED
from domain.disclosure.convictions import CORRECTION, DECISION, Reserved, reserved
from tests.unit.disclosure.story import Story, by, everyone, infraction, make, uid

CLAUSE = "DL 48/2023 art. 8 c. 6"


def decadenza(*refs: UUID, read: str | None = None, legal_ref: str = CLAUSE) -> e.DecadenzaOrdered:
    inputs = {"infraction": read} if read else {"rests_on": "LADDERS"}
    named = {"measure_id": uid("measure"), "infraction_refs": refs, "legal_ref": legal_ref}
    return make(e.DecadenzaOrdered, **named, inputs=inputs)


def convicted(code: object = "FINAL_CONVICTION") -> tuple[Story, UUID]:
    story = everyone()
    return story, story.add(infraction(code), by("inps")).event_id


def kept(story: Story, event: e.CaseEvent, recorder: str = "inps") -> frozenset[str] | None:
    """What is reserved of one more fact."""
    fact = story.add(event, by(recorder))
    return _of(story).get(fact.event_id)


def _of(story: Story) -> Reserved:
    return reserved(story.facts)


def test_of_the_conviction_all_is_reserved_also_its_day_and_whose_it_is() -> None:
    story, ref = convicted()
    assert _of(story) == {ref: frozenset({"code", "member_id", "occurred_on", "source", "evidence_ref"})}


@pytest.mark.parametrize("code", ["FALSE_DECLARATION", "UNDECLARED_WORK_FOUND"])
def test_of_another_infraction_of_inps_nothing_is(code: str) -> None:
    story, ref = convicted(code)
    assert kept(story, decadenza(ref, read=code)) is None and _of(story) == {}


def test_a_measure_tells_by_what_it_cites_by_what_the_rules_read_and_by_its_clause() -> None:
    story, ref = convicted()
    assert kept(story, decadenza(ref)) == DECISION
    assert kept(everyone(), decadenza(read="FINAL_CONVICTION")) == DECISION
    for clause in ("DL 48/2023 art. 8 c. 3", "art. 8, co. 3", "Art. 8 comma 3, D.L. 48/2023"):
        assert kept(everyone(), decadenza(legal_ref=clause)) == DECISION
    for clause in (CLAUSE, "DL 48/2023 art. 2 c. 3-bis", "art. 8 c. 30", "art. 18 c. 3", "art. 8 c. 3-bis"):
        assert kept(everyone(), decadenza(legal_ref=clause)) is None, clause


def test_a_code_that_was_erased_may_be_one_unless_the_rules_read_another() -> None:
    story, ref = convicted(ERASED)
    assert kept(story, decadenza(ref, read="FALSE_DECLARATION")) is None
    assert kept(story, decadenza(ref)) == DECISION
    assert kept(story, decadenza(ref, uid("other"), read="FALSE_DECLARATION")) == DECISION
    other = everyone()
    assert kept(other, infraction(ERASED), "cpi") is None


def test_what_others_write_of_it_and_what_becomes_of_the_measure_tell_too() -> None:
    story, ref = convicted()
    story.add(decadenza(ref), by("inps"))
    decided = make(e.JustifiedReasonDecided, infraction_ref=ref, motivation="-")
    report = make(e.InfractionReportedToInps, infraction_refs=(ref,), facts="-", article_and_letter="-")
    annulled = make(e.MeasureAnnulled, measure_id=uid("measure"), reason="-")
    assert kept(story, decided, "servizio-sociale") == {"motivation"}
    assert kept(story, report, "servizio-sociale") == {"facts", "article_and_letter"}
    assert kept(story, annulled) == {"reason"}


def test_a_correction_tells_as_what_it_corrects_and_one_that_voids_it_hides_nothing_less() -> None:
    story, ref = convicted()
    ordered = story.add(decadenza(ref), by("inps"))
    for target in (ref, ordered.event_id):
        correction = make(e.EventCorrected, corrects_event_id=target, reason="-", new_value={}, voids=True)
        assert kept(story, correction) == CORRECTION
        assert _of(story)[target] and _of(story)[ref]
