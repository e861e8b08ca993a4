"""Packed arrays arrive as the lists that they were made of."""

from uuid import UUID, uuid4

import psycopg
import pytest

from domain.ledger.wire import accept, blobs, integers, texts, uuid_of, uuids
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration

IDS = [UUID(int=2**127 + 1), None, UUID(int=0)]


@pytest.mark.parametrize(
    "kind, packed, values",
    [
        ("uuid", uuids(IDS), IDS),
        ("text", texts(["perché no", None, "", "NULL", '{"}']), ["perché no", None, "", "NULL", '{"}']),
        ("bytea", blobs([b"\0\xff", None, b""]), [b"\0\xff", None, b""]),
        ("integer", integers([0, -1, 2**31 - 1, -(2**31)]), [0, -1, 2**31 - 1, -(2**31)]),
        ("uuid", uuids([]), []),
        ("text", texts([None]), [None]),
    ],
)
def test_a_packed_array_arrives_whole(
    postgres: PostgresServer, kind: str, packed: bytes, values: list[object]
) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        accept(connection)
        for _ in range(7):  # also once the statement is prepared
            row = connection.execute(f"select %b::{kind}[]", [packed], prepare=True, binary=True).fetchone()
            assert row == (values,)


def test_a_number_that_is_no_integer_of_four_bytes_is_refused_here() -> None:
    with pytest.raises(OverflowError):
        integers([2**31])


def test_an_id_reads_as_its_constructor_would_make_it() -> None:
    for each in (uuid4(), UUID(int=0), UUID(int=2**128 - 1)):
        found = uuid_of(each.bytes)
        assert found == each and hash(found) == hash(each) and repr(found) == repr(each)
        assert found.is_safe == each.is_safe and type(found) is UUID
