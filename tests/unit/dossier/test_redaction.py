"""For whom a dossier is made, and the address that says so."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.dossiers.key import Key, key
from domain.dossier import Judge, Member, Signatory, redaction
from domain.refused import Refused

pytestmark = pytest.mark.unit

WHO = UUID("857a3740-a3f0-521c-9cc9-de5871e8a208")
READERS = (Judge(), Member(WHO), Signatory("cpi"), Signatory("comune-058091"))
AT = datetime(2026, 11, 27, 2, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_a_reader_is_written_and_read_back(reader: Judge | Member | Signatory) -> None:
    assert redaction(str(reader)) == reader
    assert key(str(Key(AT, reader))) == Key(AT, reader)


@pytest.mark.parametrize(
    "text", ["", "jury", "judge:1", "member:", "member:x", "signatory:", "signatory:CPI/.."]
)
def test_anybody_else_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        redaction(text)
    assert refused.value.rule == "BAD_VALUE" and (text == "" or text not in refused.value.because.split())


@pytest.mark.parametrize(
    "text", ["", "judge", "1.jury", "-1.judge", "99999999999999999.judge", "1.member.x", "1.judge.x"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert key(text) is None
