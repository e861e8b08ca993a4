"""The letter of convocation (DM 154/2023 art. 7 c. 2 lett. a), art. 9 c. 2; protocol art. 6)."""

from __future__ import annotations

from uuid import UUID

from api.documents import words
from api.documents.document import Document, hash_of
from api.documents.people import full_name, member_of, office
from api.documents.press import press
from api.documents.warning import warning
from domain.case.events import HouseholdConvoked
from domain.case.state import Case
from domain.refused import Refused
from domain.rules.calendar import legal_day


def convocation(case: Case, states: HouseholdConvoked, member_id: UUID) -> Document:
    """The letter for one of those convoked, who alone is named in it.

    In Italian only for now, whatever ``language`` says.
    Raises Refused (UNKNOWN_MEMBER) for somebody else, Unprintable for a warning that is not on record.
    """
    sent_on = legal_day(states.sent_at)
    member = member_of(case, member_id, sent_on)
    if member_id not in states.member_ids:
        raise Refused("UNKNOWN_MEMBER", "the member is not among those convoked")
    pdf = press(
        "convocation.html",
        title="Convocazione",
        reference=f"Convocazione {states.convocation_id}",
        on=sent_on,
        office=office(case),
        name=full_name(member),
        states=states,
        purpose=words.PURPOSES[states.purpose],
        warning=warning(states.warning_text_version),
    )
    return Document(f"convocazione-{states.convocation_id}.pdf", pdf)


def text_hash(case: Case, states: HouseholdConvoked) -> str:
    """What HouseholdConvoked says of its letters: the hash of the one, or of all in the order of
    ``member_ids``. Raises as :func:`convocation` does.
    """
    return hash_of([convocation(case, states, member_id) for member_id in states.member_ids])
