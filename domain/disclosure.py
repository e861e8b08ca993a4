"""One door: what an agency, or a unit of it, may know of a fact. Nothing, unless a cell and a ground say so.

The cells stand with the events (:mod:`domain.case.events`), the grounds and the masks here. A ground is
judged on the case as it was when the fact was recorded: a team, a referral, a residence, a line of a signed
patto. Masks are stricter than cells: where the two disagree the stricter wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.case.decide import office_of
from domain.case.events import (
    CaseClosed,
    CommitmentMissed,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    EventCorrected,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    JustifiedReasonDecided,
    JustifiedReasonSubmitted,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
)
from domain.case.observe import is_adult
from domain.case.parts import Component
from domain.case.state import Case, corrected, evolve
from domain.contract import Cell, Json, contract_of, encode, leaves, pattern
from domain.fact import Fact, kind, seat
from domain.protocol.state import Protocol

HEALTH_SERVICE = "servizio sanitario"
"""What other seats read in place of a health service: its very name would tell (SerD, CSM …)."""

ANTI_VIOLENCE = frozenset({"cav", "antiviolenza"})
"""Parts of a code that make an agency or unit an anti-violence service: ``ets-cav``."""

NEED_AREAS = {
    "cpi": frozenset({"WORK", "TRAINING"}),
    "sil": frozenset({"WORK", "TRAINING"}),
    "ust": frozenset({"SCHOOLING"}),
    "asl": frozenset({"HEALTH", "CARE"}),
}
"""The areas of need in the extract of each seat of the équipe."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a fact is shown: the paths of its values, and those of them with another value."""

    level: str
    ground: str
    paths: frozenset[str]
    replaced: Mapping[str, Json] = field(default_factory=dict)


Rows = Mapping[str, frozenset[int]]
"""Which entries of which list a ground opens; a list that is not named is open whole."""

EVERYTHING: Rows = {}


def disclose(fact: Fact[Any], case: Case, recipient: str) -> Shown | None:
    """What a recipient may know of a fact of a case; None for nothing. The case is in clear."""
    actor = kind(recipient)
    cell = contract_of(fact.event).cell(actor)
    if cell is None or isinstance(fact.event, EventCorrected):
        return None
    if case.closed_on and not isinstance(fact.event, CaseClosed) and actor not in STANDING:
        return None
    rows = _GROUNDS[cell.ground](fact, case, recipient)
    if rows is None:
        return None
    if _own_measure_of(fact, recipient):
        cell = Cell(cell.actors, "F", cell.ground)
    return _cut(fact, case, recipient, cell, rows)


STANDING = frozenset({"inps", "ats"})
"""Whose ground does not end with the case: INPS pays, the Ambito holds the register."""


def disclose_protocol(fact: Fact[Any], protocol: Protocol, recipient: str) -> Shown | None:
    """What a recipient may know of a fact of the protocol: the bodies that signed it know it."""
    cell = contract_of(fact.event).cell(kind(recipient))
    if cell is None or (cell.ground == "signatory" and not protocol.signatory(recipient)):
        return None
    if cell.ground == "person":
        return None
    return _cut(fact, Case(), recipient, cell, EVERYTHING)


def agency_shown(fact: Fact[Any], recipient: str) -> str:
    """The agency that recorded, as a recipient may read it."""
    return _agency_name(fact.recorder.agency, fact.recorder.unit, recipient) or "altro servizio"


def _cut(fact: Fact[Any], case: Case, recipient: str, cell: Cell, rows: Rows) -> Shown:
    contract = contract_of(fact.event)
    data = encode(fact.event)
    fields = contract.in_full if cell.level == "F" else cell.fields
    paths = {
        leaf.path
        for leaf in leaves(contract.type, data)
        if _in_fields(pattern(leaf.path), fields) and _in_rows(leaf.path, rows)
    }
    replaced: dict[str, Json] = {}
    for path, value in _masked(fact, case, recipient):
        under = {p for p in paths if p == path or p.startswith((f"{path}.", f"{path}["))}
        paths -= under
        if value is not None:
            replaced |= dict.fromkeys(under, value)
    return Shown(cell.level, cell.ground, frozenset(paths), replaced)


def _in_fields(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == f or path.startswith((f"{f}.", f"{f}[")) for f in fields)


def _in_rows(path: str, rows: Rows) -> bool:
    name, bracket, rest = path.partition("[")
    if not bracket or name not in rows:
        # A list that is empty has no rows to withhold; one left whole in a leaf is not cut by rows.
        return True
    return int(rest.split("]", 1)[0]) in rows[name]


# --- grounds: what links a recipient to a case -----------------------------------------------------------

Ground = tuple[object, ...]

CHANGES_GROUNDS = (
    MemberReferredToEmploymentService,
    EquipeFormed,
    PattoSigned,
    OperatorAssigned,
    EventCorrected,
)
"""Events that can give a recipient a ground; a referral to the Ambito gives the Comune its own at once."""


def grounds(case: Case, recipient: str) -> frozenset[Ground]:
    """All that links a recipient to a case now; empty once the case is closed."""
    if case.referral is None or case.closed_on is not None:
        return frozenset()
    found: set[Ground] = {("referral", member_id) for member_id in _referred(case, recipient)}
    found |= {("pupil", member_id) for member_id in _pupils(case, recipient)}
    found |= {
        ("line", patto.patto_id, patto.version)
        for patto in case.pattos
        if any(_own_lines(case.drafts[patto.patto_id, patto.version], recipient).values())
    }
    if _resides(case, recipient):
        found.add(("residence",))
    if case.team is not None and _sits(case.team, recipient):
        found.add(("team", case.team.team_id))
    return frozenset(found)


def _is(recipient: str, agency: str, unit: str | None = None) -> bool:
    """Whether an agency (and unit) is the recipient. Units of the ASL never share, those of a CPI do."""
    return seat(agency, unit) == recipient or (agency == recipient and kind(agency) != "asl")


def _resides(case: Case, recipient: str) -> bool:
    return case.referral is not None and recipient == f"comune-{case.referral.residence_comune}"


def _referred(case: Case, recipient: str) -> frozenset[UUID]:
    return frozenset(
        fact.event.member_id
        for fact in case.all(MemberReferredToEmploymentService)
        if office_of(fact.event) == recipient
    )


def _pupils(case: Case, recipient: str) -> frozenset[UUID]:
    """Minors with a schooling commitment, in a signed patto, that this office gives evidence of."""
    found = set()
    for patto in case.pattos:
        for line in case.drafts[patto.patto_id, patto.version].commitments:
            pupil = case.members.get(line.beneficiary_member_id or line.obliged_member_id)
            own = line.area == "SCHOOLING" and _is(recipient, line.evidence_by)
            if own and pupil is not None and not is_adult(pupil, patto.signed_on):
                found.add(pupil.member_id)
    return frozenset(found)


def _sits(team: EquipeFormed, recipient: str) -> bool:
    return any(_is(recipient, component.agency, component.unit) for component in team.components)


def _own_lines(draft: PattoDrafted, recipient: str) -> dict[str, frozenset[int]]:
    """The lines of a patto that are the recipient's: it provides the support, or gives the evidence."""
    return {
        "supports": _where(draft.supports, lambda s: _is(recipient, s.provider)),
        "commitments": _where(draft.commitments, lambda c: _is(recipient, c.evidence_by)),
    }


def _where(entries: Iterable[Any], holds: Callable[[Any], bool]) -> frozenset[int]:
    return frozenset(index for index, entry in enumerate(entries) if holds(entry))


Test = Callable[[Fact[Any], Case, str], Rows | None]


def _always(_fact: Fact[Any], _case: Case, _recipient: str) -> Rows | None:
    return EVERYTHING


def _never(_fact: Fact[Any], _case: Case, _recipient: str) -> Rows | None:
    return None


def _if(holds: Callable[[Any, Case, str], bool]) -> Test:
    return lambda fact, case, recipient: EVERYTHING if holds(fact, case, recipient) else None


def _own_operator(fact: Fact[OperatorAssigned | OperatorUnassigned], case: Case, recipient: str) -> bool:
    given = [f.event for f in case.all(OperatorAssigned) if f.event.assignment_id == fact.event.assignment_id]
    return any(_is(recipient, assignment.agency, assignment.unit) for assignment in given)


def _members(fact: Fact[Any], opened: frozenset[UUID]) -> Rows | None:
    """Only these members; for a fact on one member, that one."""
    event = fact.event
    if isinstance(event, HouseholdCompositionRecorded):
        rows = _where(event.members, lambda member: member.member_id in opened)
        return {"members": rows} if rows else None
    return EVERYTHING if event.member_id in opened else None


def _referred_member(fact: Fact[Any], case: Case, recipient: str) -> Rows | None:
    if isinstance(fact.event, MemberReferredToEmploymentService):
        return EVERYTHING if office_of(fact.event) == recipient else None
    return _members(fact, _referred(case, recipient))


def _employment_condition(fact: Fact[MemberConditionRecorded], case: Case, recipient: str) -> Rows | None:
    known = {"EMPLOYED", "REGULAR_STUDY"} | ({"DISABILITY_L68"} if kind(recipient) == "cpi" else set())
    return _members(fact, _referred(case, recipient)) if fact.event.condition_code in known else None


def _need_areas(fact: Fact[PreliminaryAnalysisCompleted], case: Case, recipient: str) -> Rows | None:
    if case.team is None or not _sits(case.team, recipient):
        return None
    areas = NEED_AREAS.get(kind(recipient), frozenset())
    return {"needs_by_area": _where(fact.event.needs_by_area, lambda need: need.area in areas)}


def _lines(holds: Callable[[PattoDrafted, str], dict[str, frozenset[int]]]) -> Test:
    def own(fact: Fact[PattoDrafted], case: Case, recipient: str) -> Rows | None:
        # A draft is no act towards an office that nothing links to the case yet.
        rows = holds(fact.event, recipient)
        return rows if any(rows.values()) and grounds(case, recipient) else None

    return own


def _school_lines(draft: PattoDrafted, recipient: str) -> dict[str, frozenset[int]]:
    own = _where(draft.commitments, lambda c: c.area == "SCHOOLING" and _is(recipient, c.evidence_by))
    return {"supports": frozenset(), "commitments": own}


def _provided_lines(draft: PattoDrafted, recipient: str) -> dict[str, frozenset[int]]:
    provided = _where(draft.supports, lambda s: _is(recipient, s.provider))
    return {"supports": provided, "commitments": frozenset()}


def _own_line(fact: Fact[PattoSigned], case: Case, recipient: str) -> bool:
    draft = case.drafts.get((fact.event.patto_id, fact.event.version))
    return draft is not None and any(_own_lines(draft, recipient).values())


def _puc_line(fact: Fact[PattoSigned], case: Case, recipient: str) -> bool:
    draft = case.drafts.get((fact.event.patto_id, fact.event.version))
    return draft is not None and any(
        line.area == "PUC" and _is(recipient, line.evidence_by) for line in draft.commitments
    )


def _own_measure_of(fact: Fact[Any], recipient: str) -> bool:
    """A measure that this CPI itself ordered (D.Lgs. 150/2015): it knows the whole of its own act."""
    event = fact.event
    return (
        isinstance(event, DecurtazioneOrdered | DecadenzaOrdered)
        and event.authority == "CPI"
        and _recorded_by(fact, recipient)
    )


def _recorded_by(fact: Fact[Any], recipient: str) -> bool:
    return _is(recipient, fact.recorder.agency, fact.recorder.unit)


def _own_notified(fact: Fact[MeasureNotified], case: Case, recipient: str) -> bool:
    measure = case.measures.get(fact.event.measure_id)
    return measure is not None and measure.authority == "CPI" and _recorded_by(fact, recipient)


_GROUNDS: dict[str, Test] = {
    "always": _always,
    "ambito": _always,
    "person": _never,  # the person reads by extract or accesso, never by a topic
    "own_operator": _if(_own_operator),
    "residence": _if(lambda fact, case, r: _resides(case, r)),
    "referred_member": _referred_member,
    "employment_condition": _employment_condition,
    "school_condition": _if(
        lambda fact, case, r: _recorded_by(fact, r) and fact.event.condition_code == "REGULAR_STUDY"
    ),
    "own_condition": _if(lambda fact, case, r: _recorded_by(fact, r)),
    "pupils": lambda fact, case, r: _members(fact, _pupils(case, r)),
    "in_care": _never,  # needs SpecialistReferralAnswered
    "assigned_member": _never,  # needs PucAssigned, SupportActivated
    "charge": _if(lambda fact, case, r: bool(_referred(case, r)) or _own_measure_of(fact, r)),
    "team": _if(lambda fact, case, r: _sits(fact.event, r)),
    "need_areas": _need_areas,
    "own_lines": _lines(_own_lines),
    "school_lines": _lines(_school_lines),
    "provided_lines": _lines(_provided_lines),
    "own_line": _if(_own_line),
    "puc_line": _if(_puc_line),
    "own_convocation": _never,  # needs MemberConvokedByCpi, ServicePattoSigned
    "own_meeting": _if(lambda fact, case, r: _recorded_by(fact, r) and fact.event.seat != "SERVIZIO_SOCIALE"),
    "own_fact": _if(lambda fact, case, r: _is(r, fact.event.reporter)),
    "own_report": _if(lambda fact, case, r: _is(r, fact.event.reporter)),
    "own_act": _if(lambda fact, case, r: _recorded_by(fact, r)),
    "own_measure": _if(_own_notified),
    "end_of_charge": _if(lambda fact, case, r: bool(_grounds_before_closure(case, r))),
}


def _grounds_before_closure(case: Case, recipient: str) -> frozenset[Ground]:
    return grounds(replace(case, closed_on=None), recipient)


# --- masks: what stays hidden even where a cell shows it -------------------------------------------------

Mask = tuple[str, Json | None]
"""A path (of a value, or of all below it) and what is shown in its place; None for nothing."""

SECRET_CONDITIONS = frozenset(
    {
        "DISABILITY_L68",
        "ONCOLOGICAL",
        "GENDER_VIOLENCE_PATH",
        "PARENTAL_RESPONSIBILITY_LOST",
        "DIRECT_PENSION",
    }
    | {"CARE_LOAD_DISABLED_MEMBER"}
)
"""Conditions that stay with the servizio sociale; the CPI learns of a disability for targeted placement."""

REASONS_FOR_CPI = frozenset({"EMPLOYED", "REGULAR_STUDY", "DISABILITY_L68", "AGE_60_PLUS", "NONE"})

KNOWS_BIRTH_DATES = frozenset({"ats", "comune", "inps", "person", "cpi", "accreditato", "ust", "asl"})


def _masked(fact: Fact[Any], case: Case, recipient: str) -> Iterator[Mask]:
    event, actor = fact.event, kind(recipient)
    match event:
        case HouseholdCompositionRecorded():
            yield from _household_masks(event, case, actor)
        case HouseholdConvoked() if set(event.member_ids) & case.protected:
            yield from (("contact_used", None), ("place", None))
        case MemberConditionRecorded() if event.condition_code in SECRET_CONDITIONS:
            if not (actor == "cpi" and event.condition_code == "DISABILITY_L68"):
                yield from (("condition_code", None), ("value", None))
            yield from (("certified_by", None), ("evidence_ref", None))
        case ObligationEvaluated() if actor != "person":
            codes = [code for code in event.reason_codes if code in REASONS_FOR_CPI]
            yield "reason_codes", codes if actor == "cpi" else None
        case JustifiedReasonSubmitted() if event.health_content_sealed and actor != "person":
            yield from (("category", None), ("evidence_ref", None))
        case JustifiedReasonDecided() if actor != "person" and _held_health(event, case):
            yield "motivation", None
        case PattoDrafted() if actor not in ("asl", "person"):
            health = _where(event.commitments, lambda line: line.area == "HEALTH")
            yield from ((f"commitments[{index}]", None) for index in health)
        case OperatorAssigned():
            name = _agency_name(event.agency, event.unit, recipient)
            if name != event.agency:
                yield "agency", name
                yield "unit", name
        case EquipeFormed():
            yield from _team_masks(event, recipient)
        case DecurtazioneOrdered() if actor not in ("inps", "person") and not _own_measure_of(
            fact, recipient
        ):
            yield "amount", None
        case CommitmentMissed() if not (
            actor == "person" or (actor == "cpi" and _is(recipient, event.reporter))
        ):
            yield "facts", None
        case _:
            return


def _household_masks(event: HouseholdCompositionRecorded, case: Case, actor: str) -> Iterator[Mask]:
    hidden = {m.residence_address for m in event.members if m.member_id in case.protected}
    for index, member in enumerate(event.members):
        path = f"members[{index}]"
        if actor not in KNOWS_BIRTH_DATES:
            yield f"{path}.birth_date", None
        if member.member_id in case.protected:
            yield f"{path}.contacts", None
        if member.residence_address in hidden:
            # The others live where she lives: their address would give hers away.
            yield f"{path}.residence_address", None
        for at, contact in enumerate(member.contacts):
            if contact.safe is not True:
                yield f"{path}.contacts[{at}]", None


def _held_health(event: JustifiedReasonDecided, case: Case) -> bool:
    return any(
        fact.event.infraction_ref == event.infraction_ref and fact.event.health_content_sealed
        for fact in case.all(JustifiedReasonSubmitted)
    )


def _team_masks(event: EquipeFormed, recipient: str) -> Iterator[Mask]:
    for index, component in enumerate(event.components):
        path = f"components[{index}]"
        if _anti_violence(component.agency, component.unit):
            yield path, None
        elif (
            _specialist(component)
            and recipient != "person"
            and not _is(recipient, component.agency, component.unit)
        ):
            for name in ("name", "surname", "function", "agency"):
                yield f"{path}.{name}", HEALTH_SERVICE
            yield f"{path}.unit", None


def _specialist(component: Component) -> bool:
    return component.role == "SPECIALIST" or kind(component.agency) == "asl"


def _anti_violence(agency: str, unit: str | None) -> bool:
    return bool(ANTI_VIOLENCE & set(seat(agency, unit).split("-")))


def _agency_name(agency: str, unit: str | None, recipient: str) -> str | None:
    """An agency as another one may read it; None where even that it is there is hidden."""
    if _is(recipient, agency, unit):
        return agency
    if _anti_violence(agency, unit):
        return None
    return HEALTH_SERVICE if kind(agency) == "asl" else agency


# --- in the order of the log -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One thing to show a recipient: a fact, for what it is now or as a backfill of a ground gained."""

    fact: Fact[Any]
    shown: Shown
    backfill: bool = False


def step(before: Case, after: Case, fact: Fact[Any], recipient: str) -> Iterator[Disclosed]:
    """What one more fact (not a correction) lets a recipient know: what a new ground opens, then the fact."""
    if isinstance(fact.event, CHANGES_GROUNDS) and grounds(after, recipient) - grounds(before, recipient):
        for earlier in before.facts.values():
            opened = disclose(earlier, after, recipient)
            if opened is not None:
                yield Disclosed(earlier, opened, backfill=True)
    own = disclose(fact, after, recipient)
    if own is not None:
        yield Disclosed(fact, own)


def entitled(facts: Iterable[Fact[Any]], recipient: str) -> dict[UUID, Shown]:
    """What a recipient would have been shown of a case, had the corrections been known from the start."""
    found: dict[UUID, Shown] = {}
    case = Case()
    for fact in corrected(facts):
        if isinstance(fact.event, EventCorrected):
            continue
        before, case = case, evolve(case, fact)
        for disclosed in step(before, case, fact, recipient):
            found[disclosed.fact.event_id] = disclosed.shown
    return found


def may_receive(protocol: Protocol, recipient: str, day: date) -> bool:
    """Whether a body still receives on a day: from the effect of its withdrawal, nothing (art. 12)."""
    return not protocol.left(recipient, day)
