"""Who may know that a case file was read: the access log, as each office is shown it."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from unittest.mock import ANY
from uuid import UUID

import pytest

from domain.access.events import CaseFileAccessed
from domain.disclosure import HEALTH_SERVICE
from domain.disclosure.reads import Reader, reads
from domain.fact import KINDS, kind
from domain.seats import of_anti_violence, of_health, reads_as
from tests.telling import CASE, CLOCK, facts_of, said

OFFICES = [
    ("servizio-sociale", None),
    ("servizio-sociale", "area-3"),
    ("ats", None),
    ("cpi", None),
    ("cpi", "cpi-sud"),
    ("ust", None),
    ("comune-058091", None),
    ("comune-058991", None),
    ("asl", None),
    ("asl", "asl-serd"),
    ("asl", "asl-npi"),
    ("ets-1", None),
    ("ets-1", "cav"),
    ("ets-1", "Centro anti-violenza"),
    ("ets-cav", None),
]


def read_by(agency, unit=None, number=1):
    return CaseFileAccessed(
        accessor=UUID(int=number),
        agency=reads_as(agency, unit),
        purpose="TAKING_CHARGE",
        subject_case_id=CASE,
        as_of=datetime(2025, 7, 16, tzinfo=UTC),
        events_shown=(),
        accessed_at=datetime(2025, 7, 16, 9, number, tzinfo=UTC),
    )


def shown(reader, *read):
    return list(reads(facts_of(*(said(CLOCK, each) for each in read)), reader))


def told(reader, agency, unit=None):
    """The agency that a reader is told of, for a read by an office; None for nothing."""
    found = shown(reader, read_by(agency, unit))
    return found[0].agency if found else None


def test_the_servizio_sociale_knows_who_read_its_case_and_the_ambito_too():
    for agency, unit in OFFICES:
        if of_anti_violence(agency, unit):
            continue
        assert told(Reader("servizio-sociale"), agency, unit) == reads_as(agency, unit)
        expected = HEALTH_SERVICE if of_health(agency, unit) else agency
        assert told(Reader("ats"), agency, unit) == expected


def test_any_other_office_knows_of_its_own_reads_alone():
    for agency, unit in OFFICES:
        if kind(agency) in ("servizio-sociale", "ats"):
            continue
        for other, of_other in OFFICES:
            same = reads_as(agency, unit) == reads_as(other, of_other)
            assert (told(Reader(agency, unit), other, of_other) is not None) == same
    assert told(Reader("cpi", "cpi-sud"), "cpi") == "cpi"
    assert told(Reader("asl", "asl-npi"), "asl", "asl-serd") is None


def test_of_a_health_service_the_ambito_knows_neither_which_nor_who():
    (found,) = shown(Reader("ats"), read_by("asl", "asl-serd"))
    assert (found.agency, found.accessor) == (HEALTH_SERVICE, None)
    (own,) = shown(Reader("asl", "asl-serd"), read_by("asl", "asl-serd"))
    assert (own.agency, own.accessor) == ("asl-serd", UUID(int=1))


@pytest.mark.parametrize(("agency", "unit"), [o for o in OFFICES if of_anti_violence(*o)], ids=str)
def test_a_read_by_an_anti_violence_service_is_the_case_managers_and_its_own(agency, unit):
    manager = Reader("servizio-sociale", case_manager=True)
    assert told(manager, agency, unit) == told(Reader(agency, unit), agency, unit) == reads_as(agency, unit)


@pytest.mark.parametrize("seed", range(30))
def test_nobody_else_finds_a_trace_of_it_in_any_log(seed):
    """What is shown is what would be, had it never read: no gap, no count, no order tells."""
    rng = Random(seed)
    log = [
        replace(read_by(*rng.choice(OFFICES), number=number), purpose=rng.choice(("CONTROLS", "ACCESS")))
        for number in range(1, 25)
    ]
    without = [each for each in log if not of_anti_violence(each.agency)]
    assert len(without) < len(log)
    readers = [Reader(*office) for office in OFFICES if not of_anti_violence(*office)]
    for reader in [*readers, *(Reader(each) for each in KINDS)]:
        seen, expected = shown(reader, *log), shown(reader, *without)
        assert [replace(each, event_id=ANY) for each in seen] == expected
