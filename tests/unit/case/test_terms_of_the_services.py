"""A term that the services let lapse is no breach of the household, whatever is made of it."""

import pytest

from domain.case import events as e
from tests.telling import CLOCK, INPS, given, id_of, said
from tests.unit.case.world import EVALUATED, MOTHER, day, decadenza, decurtazione

SIGNED_PAD = said(
    INPS, e.PadSigned(signed_on=day(1, 7), signatory_member_id=MOTHER.member_id, siisl_ref="SIISL-1")
)
LAPSED = said(
    CLOCK,
    e.TermLapsed(
        term_id="D1", due_on=day(5, 7), duty_bearer="SERVIZI", started_by_event_id=id_of(SIGNED_PAD)
    ),
)


@pytest.mark.parametrize("ordered", [decadenza, decurtazione])
def test_more_than_a_suspension_has_no_basis_in_it(ordered):
    measure = ordered(infraction_refs=(id_of(LAPSED),))
    given(*EVALUATED, SIGNED_PAD, LAPSED).when(INPS, measure).tells(finding="NO_LEGAL_BASIS")
