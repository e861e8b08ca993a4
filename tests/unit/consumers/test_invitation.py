"""The mail that convokes the équipe: what it says, and that it says nothing of the household."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import icalendar
import pytest

from consumers.invitation import IN_THE_REGISTER, Letterhead, calendar, message, sitting_of
from consumers.invitees import letters, sitting
from domain.extract import bound, digest, extract
from domain.ledger.outbox import Letter
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    CASE,
    EVERYONE,
    LINES,
    Story,
    analysis,
    by,
    correction,
    draft,
    household,
    invitee,
    member,
    referral,
    signed,
    team,
    uid,
)
from tests.unit.disclosure.story import sitting as convocation

LETTERHEAD = Letterhead("equipe@ambito.example", "https://registro.example/", "rm-1")
TO = "protocollo@cpi.example"
AT = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
INVITED = (invitee("cpi"), invitee("ust"), invitee("asl-serd"))
NAMED = (
    member(ANNA, name="Ermengarda", surname="De Inventatis", tax_code="DNVRNG85E45A000X"),
    member(BRUNO, name="Teofrasto", surname="De Inventatis", tax_code="DNVTFR85E05A000X"),
    member(CARLO, date(2014, 4, 4), name="Ildebrando", surname="De Inventatis", tax_code="DNVLDB14D04A000X"),
)


def convoked(**fields: Any) -> Story:
    told = {"meeting_at": AT, "seat": "Sala riunioni, piano terra", "slot": "2"} | fields
    story = Story(referral(), household(*NAMED), analysis(), team(*EVERYONE), draft(*LINES), signed())
    story.add(bound(replace(convocation(*INVITED), **told), story.facts), by("ats"))
    return story


def written(story: Story) -> list[Letter]:
    return list(letters(story.facts, LETTERHEAD.domain))


def mail(story: Story, letter: Letter | None = None) -> EmailMessage:
    stated = sitting_of(sitting(story.facts), story.case)
    cause = story.facts[-1].recorded_at
    assert cause is not None
    raw = message(letter or written(story)[0], stated, LETTERHEAD, TO, cause, NOW)
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    read = message_from_bytes(raw, policy=default)
    assert isinstance(read, EmailMessage)
    return read


def parts(read: EmailMessage) -> tuple[str, icalendar.Calendar]:
    assert read.get_content_type() == "multipart/alternative"
    text, invitation = list(read.iter_parts())
    assert (text.get_content_type(), invitation.get_content_type()) == ("text/plain", "text/calendar")
    content = invitation.get_content()
    found = icalendar.Calendar.from_ical(content)
    assert isinstance(found, icalendar.Calendar)
    assert invitation["Content-Type"].params["method"] == found["METHOD"]
    return text.get_content().replace("\r\n", "\n"), found


def event_of(found: icalendar.Calendar) -> Any:
    (event,) = found.walk("VEVENT")
    return event


# --- what it says ----------------------------------------------------------------------------------------


def test_it_says_when_where_which_sitting_and_where_the_extract_is() -> None:
    story = convoked()
    read = mail(story)
    text, _ = parts(read)
    assert read["Subject"] == "Convocazione dell'équipe multidisciplinare: 24 marzo 2027, ore 10:00"
    assert read["From"] == "Ambito territoriale sociale rm-1 <equipe@ambito.example>" and read["To"] == TO
    assert "mercoledì 24 marzo 2027, ore 10:00 (Europe/Rome)" in text
    assert "Sala riunioni, piano terra" in text and f"Seduta: {uid('sitting')}, turno 2" in text
    base = f"https://registro.example/rest/adi/v1/cases/{CASE}"
    assert f"\n{base}/equipe-convocations/{uid('sitting')}/extract\n" in text
    assert f"POST {base}/equipe-answers" in text
    assert written(story)[0].extract_sha256 in text
    assert not list(read.iter_attachments())


def test_it_is_an_invitation_that_a_calendar_reads() -> None:
    story = convoked()
    _, found = parts(mail(story))
    event = event_of(found)
    assert found["METHOD"] == "REQUEST" and found["VERSION"] == "2.0"
    assert [str(zone["TZID"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Rome"]
    assert event["DTSTART"].params["TZID"] == "Europe/Rome" and event.start == AT
    assert event["ORGANIZER"] == "mailto:equipe@ambito.example" and event["ATTENDEE"] == f"mailto:{TO}"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["SEQUENCE"] == 0 and event["STATUS"] == "CONFIRMED"
    assert event["DTSTAMP"].dt == story.facts[-1].recorded_at
    assert event["LOCATION"] == "Sala riunioni, piano terra"


def test_the_hash_is_that_of_the_seat_s_extract() -> None:
    story = convoked()
    before = story.facts[:-1]
    case = Story(*(fact.event for fact in before)).case
    found = {letter.person_id: letter.extract_sha256 for letter in written(story)}
    assert found == {one.person_id: digest(extract(before, case, one)) for one in INVITED}


# --- and what it does not --------------------------------------------------------------------------------

SECRET = (
    "ermengarda",
    "teofrasto",
    "ildebrando",
    "inventatis",
    "dnvrng",
    "inventata",
    "esempio.invalid",
    *(str(uid_).casefold() for uid_ in (ANNA, BRUNO, CARLO)),
)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"seat": "presso ERMENGARDA"},
        {"seat": "a casa De Inventatis"},
        {"slot": "nucleo DNVRNG85E45A000X"},
        {"seat": "Via  Inventata, 1 - interno 4"},
        {"seat": "V. Inventata 1"},
        {"slot": str(ANNA)},
    ],
    ids=["as it should be", "name", "surname", "tax code", "home", "home otherwise", "member id"],
)
def test_nothing_of_the_household_stands_in_it(fields: dict[str, Any]) -> None:
    story = convoked(**fields)
    for letter in written(story):
        read = mail(story, letter)
        text, found = parts(read)
        told = "\n".join((str(read), str(read["Subject"]), text, found.to_ical().decode())).casefold()
        unfolded = told.replace("\n ", "")
        assert not [word for word in SECRET if word in told or word in unfolded]
        assert (IN_THE_REGISTER in text) == bool(fields)
        # Nor who is invited, nor whom else: a mailbox is read by more than one.
        assert not any(str(one.person_id) in told or "asl-serd" in told for one in INVITED)


def test_a_text_cannot_end_a_header_or_a_line_of_the_calendar() -> None:
    story = convoked(seat="Sala A\r\nATTENDEE:mailto:altri@example.org", slot="1\nBcc: altri@example.org")
    read = mail(story)
    text, found = parts(read)
    assert read["Bcc"] is None and "Sala A ATTENDEE:mailto:altri@example.org" in text
    assert event_of(found)["ATTENDEE"] == f"mailto:{TO}"


# --- corrections -----------------------------------------------------------------------------------------


def by_person(found: list[Letter]) -> dict[Any, str]:
    return {letter.person_id: letter.kind for letter in found}


def test_a_correction_updates_everybody() -> None:
    story = convoked()
    first = written(story)
    moved = AT.replace(day=25)
    story.add(correction(story.facts[-1], meeting_at=moved), by("ats"))
    again = written(story)
    assert [letter.kind for letter in again] == ["REQUEST"] * 3
    assert [letter.sequence for letter in again] == [1] * 3
    assert not {one.message_id for one in first} & {one.message_id for one in again}
    assert [one.extract_sha256 for one in again] == [one.extract_sha256 for one in first]
    read = mail(story, again[0])
    text, found = parts(read)
    assert read["Subject"].startswith("Aggiornamento") and "sostituisce i precedenti" in text
    _, earlier = parts(mail(convoked(), first[0]))
    assert event_of(found)["UID"] == event_of(earlier)["UID"] and event_of(found)["SEQUENCE"] == 1
    assert event_of(found).start == moved


def test_a_void_cancels() -> None:
    story = convoked()
    story.add(correction(story.facts[-1], voids=True), by("ats"))
    found = written(story)
    assert by_person(found) == {one.person_id: "CANCEL" for one in INVITED}
    assert {letter.extract_sha256 for letter in found} == {None}
    read = mail(story, found[0])
    text, ended = parts(read)
    event = event_of(ended)
    assert ended["METHOD"] == "CANCEL" and event["STATUS"] == "CANCELLED" and event["SEQUENCE"] == 1
    assert event.start == AT and "URL" not in event and "è annullato" in text and "https://" not in text


def test_who_is_no_longer_invited_is_told_and_who_is_now_is_invited() -> None:
    story = convoked()
    fact = story.facts[-1]
    story.add(correction(fact, invitees=(INVITED[0], invitee("ets-1"))), by("ats"))
    assert by_person(written(story)) == {
        INVITED[0].person_id: "REQUEST",
        invitee("ets-1").person_id: "REQUEST",
        INVITED[1].person_id: "CANCEL",
        INVITED[2].person_id: "CANCEL",
    }


def test_a_void_that_was_a_mistake_invites_again() -> None:
    story = convoked()
    fact = story.facts[-1]
    story.add(correction(fact, voids=True), by("ats"))
    story.add(correction(fact, seat="Sala B"), by("ats"))
    found = written(story)
    assert {letter.kind for letter in found} == {"REQUEST"} and {letter.sequence for letter in found} == {2}


def test_a_repeat_is_recognisable_and_no_two_mails_share_an_id() -> None:
    story = convoked()
    assert written(story) == written(story)
    assert len({letter.message_id for letter in written(story)}) == 3
    assert all(letter.message_id.endswith("@ambito.example>") for letter in written(story))


def test_two_households_of_one_sitting_are_two_appointments() -> None:
    letter = written(convoked())[0]
    other = replace(letter, stream_id=uid("another case"))
    at = sitting_of(sitting(convoked().facts), convoked().case)
    ids = {
        str(event_of(icalendar.Calendar.from_ical(calendar(one, at, LETTERHEAD, TO, NOW)))["UID"])  # type: ignore[arg-type]
        for one in (letter, other)
    }
    assert len(ids) == 2
