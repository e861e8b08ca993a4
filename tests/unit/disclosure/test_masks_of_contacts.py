"""How a member is reached: of a protected one nothing is shown, nor what leads to her through others."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.case import events as e
from domain.case import parts
from domain.contract import ERASED
from domain.disclosure.masks import masks
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    FAMILY,
    Story,
    by,
    condition,
    contact,
    convoked,
    everyone,
    household,
    make,
    member,
    puc,
    read,
    referral,
    referred,
    summoned,
    updated,
)

HERS = contact("+39 333 000", "PHONE")
READERS = ["ats", "cpi", "asl-serd", "puc-1", "sil"]


def protected() -> Story:
    story = everyone()
    story.add(condition("GENDER_VIOLENCE_PATH", ANNA))
    return story


def pad(who: UUID) -> e.PadSigned:
    return make(e.PadSigned, signatory_member_id=who, contact_phone="+393330000077", contact_email="a@b.it")


def values(told: dict | None) -> list[str]:
    return [each["value"] for each in (told or {}).get("contacts", [])]


@pytest.mark.parametrize("recipient", READERS)
def test_the_new_contacts_of_a_protected_member_are_shown_to_nobody(recipient):
    assert values(protected().tells(updated(ANNA), recipient)) == []
    assert values(everyone().tells(updated(ANNA), recipient)) == ["nuovo@esempio.invalid"]


@pytest.mark.parametrize("recipient", READERS)
def test_a_new_contact_that_is_not_safe_is_shown_to_nobody(recipient):
    event = updated(ANNA, contact("casa@esempio.invalid", safe=False), contact("sua@esempio.invalid"))
    assert values(everyone().tells(event, recipient)) == ["sua@esempio.invalid"]


def test_a_new_contact_that_a_protected_member_has_too_is_hidden():
    story = protected()
    story.add(updated(ANNA, HERS))
    told = story.tells(updated(BRUNO, contact("+39333000", "SMS"), contact("b@esempio.invalid")), "ats")
    assert values(told) == ["b@esempio.invalid"]


def test_a_contact_on_record_that_a_protected_member_has_taken_since_is_hidden_in_the_household_too():
    story = protected()
    his = contact("+39333000", "SMS")
    story.add(updated(ANNA, HERS))
    told = story.tells(household(member(ANNA), member(BRUNO, contacts=(his,))), "ats")
    assert told["members"][1]["contacts"] == []
    assert everyone().tells(household(member(BRUNO, contacts=(his,))), "ats")["members"][0]["contacts"]


def test_the_post_of_who_lives_with_a_protected_member_is_hidden():
    post = updated(BRUNO, contact("via Inventata 1", "POSTA"))
    assert values(protected().tells(post, "ats")) == []
    assert values(everyone().tells(post, "ats")) == ["via Inventata 1"]


def test_the_post_of_who_was_never_of_her_household_is_shown():
    story = Story(referral(), household(*FAMILY[1:]), condition("GENDER_VIOLENCE_PATH", ANNA))
    assert values(story.tells(updated(BRUNO, contact("via Altra 2", "POSTA")), "ats")) == ["via Altra 2"]


@pytest.mark.parametrize("written", ["333 0000077", "+39 333 0000077", "0039-333-0000077"])
def test_a_number_is_hers_with_its_prefix_and_without(written):
    story = protected()
    story.add(updated(ANNA, contact("+393330000077", "PHONE")))
    told = story.tells(updated(BRUNO, contact(written, "SMS"), contact("333 0000078", "SMS")), "ats")
    assert values(told) == ["333 0000078"]


def test_a_contact_of_the_pad_that_she_signed_is_hers():
    story = protected()
    told = updated(BRUNO, contact("+39 333 0000077", "SMS"), contact("b@esempio.invalid"))
    assert len(values(story.tells(told, "ats"))) == 2
    story.add(pad(ANNA))
    assert values(story.tells(told, "ats")) == ["b@esempio.invalid"]


def test_contacts_that_an_erasure_left_unreadable_lead_to_nobody():
    story = protected()
    told = story.tells(make(e.ContactsUpdated, member_id=ANNA, contacts=ERASED), "ats")
    assert told["contacts"] == {"erased": True}


def test_contacts_told_before_the_path_are_hidden_in_what_is_told_again():
    story = Story(referral(), household(), updated(ANNA), condition("GENDER_VIOLENCE_PATH", ANNA))
    story.add(referred("cpi"))
    assert values(read(story.facts[2], story.shown(story.facts[2], "cpi"))) == []


# --- convocations of the employment services -------------------------------------------------------------


def test_the_contact_and_the_place_of_a_convocation_are_shown_to_no_office_not_to_the_one_that_sent_it():
    for office in ("cpi", "accreditato-1"):
        story = Story(referral(), household(), referred(office))
        for _ in ("before", "after"):
            assert not {"contact_used", "place"} & story.tells(summoned(), office, by(office)).keys()
            story.add(condition("GENDER_VIOLENCE_PATH", ANNA))


def test_in_the_file_of_a_measure_a_contact_used_that_leads_to_her_is_hidden():
    unsafe = contact("casa@esempio.invalid", safe=False)
    bruno = member(BRUNO, contacts=(unsafe, contact("b@esempio.invalid")))
    story = Story(referral(), household(member(ANNA, contacts=(HERS,)), bruno), referred("cpi", BRUNO))
    story.add(condition("GENDER_VIOLENCE_PATH", ANNA))

    def hidden(value: str, channel: str = "SMS", who: UUID = BRUNO) -> bool:
        fact = story.add(summoned(who, contact_used=value, channel=channel))
        return "contact_used" in {path for path, _ in masks(fact, story.case, "person")}

    assert not hidden("b@esempio.invalid")
    assert hidden("+39-333-000") and hidden("casa@esempio.invalid")
    assert hidden("via Inventata 1", "POSTA") and hidden("sua@esempio.invalid", who=ANNA)


def test_in_the_file_of_a_measure_the_contacts_by_which_a_household_was_convoked_do_not_lead_to_her():
    """Who lives with her is convoked, and she is not."""

    def hidden(story: Story, value: str, channel: str = "SMS") -> set[str]:
        used = [(value, channel), ("carlo@esempio.invalid", "EMAIL")]
        reached = tuple(
            make(parts.ContactUsed, member_id=who, channel=by_, value=said)
            for who, (said, by_) in zip((BRUNO, CARLO), used, strict=True)
        )
        fact = story.add(replace(convoked(BRUNO, CARLO), channel=channel, contact_used=reached))
        return {path for path, _ in masks(fact, story.case, "judge")}

    secret, open_one = protected(), everyone()
    for story in (secret, open_one):
        story.add(updated(ANNA, HERS))
    assert hidden(secret, "+39-333-000") == {"contact_used[0]"}
    assert hidden(secret, "via Inventata 1", "POSTA") == {"contact_used"}
    assert hidden(secret, "bruno@esempio.invalid") == set()
    for value, channel in (("+39-333-000", "SMS"), ("via Inventata 1", "POSTA")):
        assert hidden(open_one, value, channel) == set()


@pytest.mark.parametrize("reader", ["judge", "person"])
def test_in_the_file_of_a_measure_the_contacts_of_the_pad_that_she_signed_are_hidden(reader):
    for story, path in ((protected(), {"contact_email", "contact_phone"}), (everyone(), set())):
        assert {path for path, _ in masks(story.add(pad(ANNA)), story.case, reader)} == path
        assert not {path for path, _ in masks(story.add(pad(ANNA)), story.case, "inps")}


def test_the_assignment_of_a_protected_member_is_told_and_how_to_reach_her_is_not():
    story = protected()
    assert story.tells(puc(ANNA, "second"), "puc-1") is not None
    told = story.tells(household(), "puc-1")["members"]
    assert [set(one) for one in told] == [{"member_id", "name", "surname", "contacts", "language"}]
    assert told[0]["contacts"] == []
