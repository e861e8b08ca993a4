"""That a member is in a protection path is not told by what is missing: everybody is shown the same fields.

What no list of contacts may tell is whether it is empty because nothing is on record, so its entries are not
compared: that none of hers is shown is tested in test_masks_of_contacts.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.case import events as e
from domain.contract import contract_of
from domain.disclosure import Shown, as_sent, door, readable
from domain.disclosure.masks import contacts
from domain.disclosure.masks.mask import NO_ENTRIES
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    RECIPIENTS,
    Story,
    condition,
    contact,
    correction,
    everyone,
    household,
    member,
    read,
    referral,
    referred,
    summoned,
    updated,
)
from tests.unit.disclosure.worlds import fact_for

PATH = condition("GENDER_VIOLENCE_PATH", ANNA)
OFFICES = [recipient for recipient in RECIPIENTS if recipient != "servizio-sociale"]
TELLING = (
    e.HouseholdCompositionRecorded,
    e.ContactsUpdated,
    e.HouseholdConvoked,
    e.MemberConvokedByCpi,
    e.ConvocationDelivered,
    e.ObligationEvaluated,
    e.HouseholdMemberChanged,
)


def fields(told: Any, path: str = "") -> Iterator[str]:
    """Every field of what is read, by its place; the entries of a list of contacts left aside."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield f"{path}.{name}"
            yield from fields(value, f"{path}.{name}") if name != "contacts" else ()
    elif isinstance(told, list):
        for index, entry in enumerate(told):
            yield from fields(entry, f"{path}[{index}]")


def at_once(protected: bool, kind: type, recipient: str) -> list[str]:
    """The fields of a fact that is told with a protection path on record, or without one."""
    story = everyone()
    if protected:
        story.add(PATH)
    fact = fact_for(story, contract_of(kind), recipient)
    return list(fields(read(fact, story.shown(fact, recipient))))


def ever_after(protected: bool, recipient: str) -> list[list[str]]:
    """The fields of every fact of a case as it is read over REST, its household corrected meanwhile."""
    story = Story(referral(), household(), updated(ANNA), referred("cpi", ANNA), referred("cpi", BRUNO))
    told = list(story.facts)
    if protected:
        story.add(PATH)
    again = (member(ANNA), member(BRUNO, contacts=(contact("altra@esempio.invalid"),)))
    story.add(correction(told[1], members=again))
    told.append(story.add(summoned(ANNA)))
    shown = readable(story.facts, recipient)
    return [list(fields(read(story.case.facts[f.event_id], shown.get(f.event_id)))) for f in told]


@pytest.mark.parametrize("recipient", OFFICES)
@pytest.mark.parametrize("kind", TELLING, ids=lambda kind: kind.__name__)
def test_a_fact_shows_the_same_fields_with_a_protection_path_and_without(kind, recipient):
    assert at_once(True, kind, recipient) == at_once(False, kind, recipient)


@pytest.mark.parametrize("recipient", OFFICES)
def test_a_case_shows_the_same_fields_after_a_protection_path_began(recipient):
    assert ever_after(True, recipient) == ever_after(False, recipient)


def told_apart() -> set[tuple[str, str]]:
    """Which facts would tell which offices that there is a path."""
    return {
        (kind.__name__, recipient)
        for kind in TELLING
        for recipient in OFFICES
        if at_once(True, kind, recipient) != at_once(False, kind, recipient)
    }


def test_a_list_of_contacts_left_out_would_be_noticed(monkeypatch):
    masks = door.masks
    monkeypatch.setattr(
        door, "masks", lambda *of: ((p, None if v is NO_ENTRIES else v) for p, v in masks(*of))
    )
    assert {("HouseholdCompositionRecorded", "ats"), ("ContactsUpdated", "cpi")} <= told_apart()
    assert ever_after(True, "cpi") != ever_after(False, "cpi")


def test_what_is_left_out_of_hers_alone_would_be_noticed(monkeypatch):
    monkeypatch.setattr(contacts, "OF_A_MEASURE", frozenset({*OFFICES, "comune"}))
    assert told_apart() >= {
        ("HouseholdCompositionRecorded", "comune-058091"),
        ("HouseholdConvoked", "ats"),
        ("MemberConvokedByCpi", "cpi"),
    }


def test_a_list_reads_as_empty_in_an_entry_of_which_something_was_sent_and_in_no_other() -> None:
    paths = frozenset({"members[0].name", "members[1].name"})
    empty = {"members[0].contacts": [], "members[1].contacts": []}
    given = Shown("P", "party", paths, empty | {"members[1].name": "…"})
    sent = as_sent(given, frozenset({"members[0].name"}))
    assert sent.paths == {"members[0].name"} and sent.replaced == {"members[0].contacts": []}
    assert as_sent(given, paths).replaced == given.replaced
    alone = Shown("P", "party", frozenset({"member_id"}), {"contacts": []})
    assert as_sent(alone, alone.paths).replaced == alone.replaced
    assert as_sent(alone, frozenset()).replaced == {}
