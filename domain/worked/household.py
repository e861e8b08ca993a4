"""The invented household of a worked sanction: a parent with one child, who stands as the example says."""

from datetime import date, timedelta

from domain.case import events as e
from domain.case.parts import Contact, Member
from domain.rules.calendar import add_months
from domain.worked.life import COMUNE_CODE, INPS, SOCIAL_WORKER, CannotHold, Life, new, stated
from domain.worked.sanction import SanctionExample

DAYS_BEFORE = 150
"""How long before the fact the case begins: the patto is signed and the member referred by then."""

AGE, AGE_OF_EXEMPT, AGE_OF_PUPIL, AGE_OVER_14 = 40, 62, 8, 15

PARENT, CHILD = new("parent"), new("child")


def begins(example: SanctionExample) -> date:
    """The first day of the case."""
    return example.facts.fact_date - timedelta(days=DAYS_BEFORE)


def open_case(example: SanctionExample) -> Life:
    """A case with its household, each member evaluated for its first day."""
    life, day = Life(example.law), begins(example)
    facts = example.facts
    life.tell(
        SOCIAL_WORKER,
        e.CaseReferred(
            household_id=new("household"),
            residence_comune=COMUNE_CODE,
            ats="ats-inventato",
            benefit=facts.benefit,
            referred_on=day,
        ),
        day,
    )
    life.tell(SOCIAL_WORKER, _assignment(day), day)
    members = (_parent(example), _child(example))
    composed = e.HouseholdCompositionRecorded(members=members, source="ANPR", verified_on=day)
    life.tell(SOCIAL_WORKER, composed, day)
    evaluate(life, day)
    if facts.benefit == "ADI" and facts.term is not None:
        _sign_pad(life, facts.term.starts_on)
    return life


def _assignment(day: date) -> e.OperatorAssigned:
    return e.OperatorAssigned(
        assignment_id=new("assignment/servizio-sociale"),
        person_id=new("operator/servizio-sociale"),
        agency=SOCIAL_WORKER.agency,
        role="SOCIAL_WORKER",
        purpose="TAKING_CHARGE",
        from_on=day,
    )


def _sign_pad(life: Life, day: date) -> None:
    signed = e.PadSigned(signed_on=day, signatory_member_id=PARENT, siisl_ref="SIISL-PAD")
    life.tell(INPS, signed, day)


def evaluate(life: Life, day: date) -> str:
    """The status of the parent on a day, as the register computes it."""
    life.tell(SOCIAL_WORKER, stated(e.ObligationEvaluated, member_id=PARENT, evaluated_for=day), day)
    return status(life)


def status(life: Life) -> str:
    """The status of the parent as evaluated last."""
    return life.case.all(e.ObligationEvaluated)[-1].event.result


def stand(life: Life, example: SanctionExample) -> None:
    """On the day of the fact the parent is what the example says; raises CannotHold where she cannot be."""
    facts = example.facts
    condition = CONDITIONS.get(facts.member)
    if condition is not None and status(life) != facts.member:
        said = stated(
            e.MemberConditionRecorded,
            member_id=PARENT,
            condition_code=condition,
            value=True,
            valid_from=facts.fact_date,
            certified_by="chi lo certifica",
        )
        life.tell(SOCIAL_WORKER, said, facts.fact_date)
    found = evaluate(life, facts.fact_date)
    if facts.member not in ("household", found):
        raise CannotHold(f"a member of this age and benefit is {found}, not {facts.member}")


CONDITIONS = {"excluded": "EMPLOYED", "voluntary": "DISABILITY_L68"}
"""What ends the obligation of who was obliged until the day before."""


def _parent(example: SanctionExample) -> Member:
    facts = example.facts
    exempt = facts.term is not None and facts.term.exempt
    years = facts.age if facts.age is not None else AGE_OF_EXEMPT if exempt else AGE
    return _member("parent", _born(facts.fact_date, years, 11), "RICHIEDENTE")


def _child(example: SanctionExample) -> Member:
    offer = example.facts.offer
    older = offer is not None and not offer.child_under_14
    years = AGE_OVER_14 if older else AGE_OF_PUPIL
    return _member("child", _born(example.facts.fact_date, years, 6), "FIGLIA")


def _born(day: date, years: int, months: int) -> date:
    """The birth of who has completed these years and months on a day."""
    return add_months(day, -12 * years - months)


def _member(name: str, born: date, relationship: str) -> Member:
    return Member(
        member_id=new(name),
        name="Inventata",
        surname="Inventata",
        tax_code="NVNNNT80A41X000X",
        birth_date=born,
        relationship=relationship,
        residence_address="Via Inventata, 1",
        contacts=(_contact(born),),
        needs_mediation=False,
    )


def _contact(verified_on: date) -> Contact:
    return Contact(channel="EMAIL", value="nessuno@example.org", safe=True, verified_on=verified_on)
