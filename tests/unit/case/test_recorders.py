"""Who may record what: every fact, every agency (invariant 13)."""

import pytest

from domain.case import events as e
from domain.case.commands import Act
from domain.case.decide import AGENCIES_WITHOUT_OPERATORS, decide
from domain.contract import contract_of
from domain.fact import KINDS
from domain.refused import Refused
from tests.telling import PROTOCOL_IN_FORCE, SOCIAL_WORKER, given, operator
from tests.unit.case.world import HELD, MET, REFERRED, SAMPLES, day

FREELY = (e.CaseReferred, e.OperatorAssigned)
"""What opens a case, and what opens it to an operator."""


def of(kind: str):
    return operator("comune-058091" if kind == "comune" else kind, who="somebody new")


@pytest.mark.parametrize("kind_of_fact", SAMPLES, ids=lambda each: each.__name__)
def test_an_agency_records_only_what_is_its_own(kind_of_fact):
    for kind in set(KINDS) - contract_of(kind_of_fact).recorders:
        given(REFERRED).when(of(kind), SAMPLES[kind_of_fact]).refused("ROLE_NOT_ALLOWED", "does not record")


@pytest.mark.parametrize("kind_of_fact", [k for k in SAMPLES if k not in FREELY], ids=lambda k: k.__name__)
def test_an_operator_without_an_assignment_records_nothing(kind_of_fact):
    for kind in contract_of(kind_of_fact).recorders - AGENCIES_WITHOUT_OPERATORS:
        given(REFERRED).when(of(kind), SAMPLES[kind_of_fact]).refused("NOT_ASSIGNED")


@pytest.mark.parametrize("kind_of_fact", SAMPLES, ids=lambda each: each.__name__)
def test_every_fact_has_a_recorder_that_is_an_agency(kind_of_fact):
    recorders = contract_of(kind_of_fact).recorders
    assert recorders and recorders <= set(KINDS)


@pytest.mark.parametrize(("known_on", "sound"), [(day(2, 9), False), (day(2, 10), True), (None, True)])
def test_what_happened_is_not_learnt_before_it_happens(known_on, sound):
    case = given(*MET[:-1]).case
    act = Act(SOCIAL_WORKER, HELD, known_on)
    if sound:
        assert decide(act, PROTOCOL_IN_FORCE, case) == [HELD]
        return
    with pytest.raises(Refused) as refused:
        decide(act, PROTOCOL_IN_FORCE, case)
    assert refused.value.rule == "BAD_VALUE" and "held_on" in refused.value.because
