"""One door: what an agency, or a unit of it, may know of a fact. Nothing, unless a cell and a ground say so.

The cells stand with the events (:mod:`domain.case.events`), the grounds and the masks here. A ground is
judged on the case as it was when the fact was recorded: a team, a referral, a residence, a line of a signed
patto. Masks are stricter than cells: where the two disagree the stricter wins. What an erasure left
unreadable opens nothing, and hides whatever it might have hidden.
"""

from __future__ import annotations

import re
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
from domain.case.parts import Component, Contact, Member
from domain.case.state import Case, corrected, evolve, fold
from domain.contract import Cell, Json, contract_of, encode, leaves, pattern
from domain.fact import KINDS, Fact, kind, seat
from domain.protocol.events import ProtocolSigned
from domain.protocol.state import Protocol

HEALTH_SERVICE = "servizio sanitario"
"""What other seats read in place of a health service: its very name would tell (SerD, CSM …)."""

OTHER_SERVICE = "altro servizio"
"""What is read in place of a recorder whose very code would tell what was recorded."""

ANTI_VIOLENCE = frozenset({"cav", "antiviolenza", "violenza", "rifugio"})
"""Words of a code or function that make it an anti-violence service: ``ets-cav``."""

HEALTH_SERVICES = frozenset(
    {"asl", "serd", "sert", "dipendenze", "csm", "cps", "dsm", "npi", "npia", "tsmree", "consultorio"}
)
"""Words of a code or function that make it a health service, whatever agency it was put down to."""

NEED_AREAS = {
    "cpi": frozenset({"WORK", "TRAINING"}),
    "sil": frozenset({"WORK", "TRAINING"}),
    "ust": frozenset({"SCHOOLING"}),
    "asl": frozenset({"HEALTH", "CARE"}),
}
"""The areas of need in the extract of each seat of the équipe."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a fact is shown: the paths of its values, and those of these that show another value."""

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
    if cell is None or isinstance(fact.event, EventCorrected) or _withheld(fact, case, recipient):
        return None
    if case.closed_on and not isinstance(fact.event, CaseClosed) and recipient not in STANDING:
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
    if cell is None:
        return None
    knows = {"ambito": recipient == "ats", "signatory": protocol.signatory(recipient)}
    return _cut(fact, Case(), recipient, cell, EVERYTHING) if knows.get(cell.ground) else None


def agency_shown(fact: Fact[Any], recipient: str) -> str:
    """The agency that recorded, as a recipient may read it."""
    by = fact.recorder
    if _is(recipient, by.agency, by.unit):
        return by.agency
    certifies = isinstance(fact.event, MemberConditionRecorded | EventCorrected)
    if recipient == "ats" and certifies and by.kind in ("cpi", "ust", "asl"):
        # The Ambito learns that a condition was recorded, not which: who certifies what would tell.
        return OTHER_SERVICE
    if _anti_violence(by.agency, by.unit):
        return OTHER_SERVICE
    return HEALTH_SERVICE if _of_health(by.agency, by.unit) else by.agency


def _cut(fact: Fact[Any], case: Case, recipient: str, cell: Cell, rows: Rows) -> Shown:
    contract = contract_of(fact.event)
    data = encode(fact.event)
    fields = contract.in_full if cell.level == "F" else cell.fields
    paths = {
        leaf.path
        for leaf in leaves(contract.type, data)
        if _in_fields(pattern(leaf.path), fields) and _in_rows(leaf.path, rows)
    }
    return masked(Shown(cell.level, cell.ground, frozenset(paths)), fact, case, recipient)


def masked(shown: Shown, fact: Fact[Any], case: Case, recipient: str) -> Shown:
    """What is left of what was shown under the masks of the case as it is now."""
    paths, replaced = shown.paths, dict[str, Json]()
    for path, value in _masks(fact, case, recipient):
        under = {p for p in paths if p == path or p.startswith((f"{path}.", f"{path}["))}
        if value is None:
            paths -= under
        else:
            replaced |= dict.fromkeys(under, value)
    return replace(shown, paths=paths, replaced={p: v for p, v in replaced.items() if p in paths})


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
    HouseholdCompositionRecorded,
    MemberReferredToEmploymentService,
    EquipeFormed,
    PattoSigned,
)
"""Events that can give a recipient a ground; a referral to the Ambito gives the Comune its own at once."""


def grounds(case: Case, recipient: str) -> frozenset[Ground]:
    """All that links a recipient to a case now; empty once the case is closed."""
    if case.referral is None or case.closed_on is not None:
        return frozenset()
    found: set[Ground] = {("referral", member_id) for member_id in _referred(case, recipient)}
    found |= {("pupil", member_id) for member_id in _pupils(case, recipient)}
    in_force = _in_force(case)
    if in_force is not None and any(_own_lines(in_force[1], recipient).values()):
        found.add(("line", in_force[1].patto_id, in_force[1].version))
    if _resides(case, recipient):
        found.add(("residence",))
    if case.team is not None and _sits(case.team, recipient):
        found.add(("team", case.team.team_id))
    return frozenset(found)


def _is(recipient: str, agency: object, unit: object = None) -> bool:
    """Whether an agency (and unit) is the recipient.

    Units of a health or an anti-violence service share with nobody, those of a CPI with the CPI.
    """
    if not isinstance(agency, str) or not isinstance(unit, str | None):
        return False
    return seat(agency, unit) == recipient or (
        agency == recipient and kind(agency) != "asl" and not _anti_violence(agency, unit)
    )


def _resides(case: Case, recipient: str) -> bool:
    return case.referral is not None and recipient == f"comune-{case.referral.residence_comune}"


def _referred(case: Case, recipient: str) -> frozenset[UUID]:
    return frozenset(
        fact.event.member_id
        for fact in case.all(MemberReferredToEmploymentService)
        if office_of(fact.event) == recipient
    )


def _in_force(case: Case) -> tuple[PattoSigned, PattoDrafted] | None:
    """The patto signed last, with its text: the lines of an earlier one link nobody any more."""
    last = max(reversed(case.pattos), key=lambda patto: patto.signed_on, default=None)
    draft = case.drafts.get((last.patto_id, last.version)) if last else None
    return (last, draft) if last and draft else None


def _pupils(case: Case, recipient: str) -> frozenset[UUID]:
    """Minors with a schooling commitment, in the signed patto, that this office gives evidence of."""
    in_force = _in_force(case)
    if in_force is None:
        return frozenset()
    signed, draft = in_force
    found = {
        line.beneficiary_member_id or line.obliged_member_id
        for line in draft.commitments
        if line.area == "SCHOOLING" and _is(recipient, line.evidence_by)
    }
    return frozenset(m for m in found & case.members.keys() if _minor(case.members[m], signed.signed_on))


def _minor(member: Member, day: date) -> bool:
    born: object = member.birth_date
    return isinstance(born, date) and not is_adult(member, day)


def _sits(team: EquipeFormed, recipient: str) -> bool:
    return any(_is(recipient, component.agency, component.unit) for component in team.components)


AREAS = {
    "cpi": frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING"}),
    "asl": frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING", "HEALTH"}),
    "ust": frozenset({"SCHOOLING"}),
    "puc": frozenset({"PUC"}),
}
"""The areas of the commitments that can be a recipient's own; a line of health is the ASL's only."""

PROVIDERS = frozenset({"cpi", "asl", "ets", "sil"})
"""Whom a support that they provide links to a case."""


def _own_lines(draft: PattoDrafted, recipient: str) -> dict[str, frozenset[int]]:
    """The lines of a patto that are the recipient's: it provides the support, or gives the evidence."""
    actor = kind(recipient)
    areas = AREAS.get(actor, frozenset())
    return {
        "supports": _where(draft.supports, lambda s: actor in PROVIDERS and _is(recipient, s.provider)),
        "commitments": _where(draft.commitments, lambda c: c.area in areas and _is(recipient, c.evidence_by)),
    }


def _where(entries: Iterable[Any], holds: Callable[[Any], bool]) -> frozenset[int]:
    return frozenset(index for index, entry in enumerate(entries) if holds(entry))


Test = Callable[[Fact[Any], Case, str], Rows | None]


def _never(_fact: Fact[Any], _case: Case, _recipient: str) -> Rows | None:
    return None


def _if(holds: Callable[[Any, Case, str], bool]) -> Test:
    return lambda fact, case, recipient: EVERYTHING if holds(fact, case, recipient) else None


def _own_operator(fact: Fact[Any], case: Case, recipient: str) -> bool:
    given = _assignments(fact, case)
    return any(_is(recipient, assignment.agency, assignment.unit) for assignment in given)


def _assignments(fact: Fact[OperatorAssigned | OperatorUnassigned], case: Case) -> list[OperatorAssigned]:
    own = fact.event.assignment_id
    return [given.event for given in case.all(OperatorAssigned) if given.event.assignment_id == own]


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


def _pupils_of(fact: Fact[HouseholdCompositionRecorded], case: Case, recipient: str) -> Rows | None:
    pupils, on = _pupils(case, recipient), fact.event.verified_on
    return _members(fact, frozenset(m.member_id for m in fact.event.members if _minor(m, on)) & pupils)


def _lines(fact: Fact[PattoDrafted], case: Case, recipient: str) -> Rows | None:
    # A draft is no act towards an office that nothing links to the case yet.
    rows = _own_lines(fact.event, recipient)
    return rows if any(rows.values()) and grounds(case, recipient) else None


def _own_line(fact: Fact[PattoSigned], case: Case, recipient: str) -> bool:
    draft = case.drafts.get((fact.event.patto_id, fact.event.version))
    return draft is not None and any(_own_lines(draft, recipient).values())


def _charge(fact: Fact[DecurtazioneOrdered | DecadenzaOrdered], case: Case, recipient: str) -> bool:
    """A measure falls on a member in charge; one on the household falls on all of them."""
    event, referred = fact.event, _referred(case, recipient)
    if event.affected_scope == "MEMBER":
        cited = (case.infractions.get(ref) for ref in event.infraction_refs)
        referred &= {infraction.member_id for infraction in cited if infraction}
    return bool(referred) or _own_measure_of(fact, recipient)


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
    "always": _if(lambda fact, case, r: r == "inps"),
    "ambito": _if(lambda fact, case, r: r == "ats"),
    "person": _never,  # the person reads by extract or accesso, never by a topic
    "own_operator": _if(_own_operator),
    "residence": _if(lambda fact, case, r: _resides(case, r)),
    "referred_member": _referred_member,
    "employment_condition": _employment_condition,
    "school_condition": _if(
        lambda fact, case, r: _recorded_by(fact, r) and fact.event.condition_code == "REGULAR_STUDY"
    ),
    "own_condition": _if(lambda fact, case, r: _recorded_by(fact, r)),
    "pupils": _pupils_of,
    "in_care": _never,  # needs SpecialistReferralAnswered
    "assigned_member": _never,  # needs PucAssigned, SupportActivated
    "charge": _if(_charge),
    "team": _if(lambda fact, case, r: _sits(fact.event, r)),
    "need_areas": _need_areas,
    "own_lines": _lines,
    "school_lines": _lines,
    "provided_lines": _lines,
    "own_line": _if(_own_line),
    "puc_line": _if(_own_line),
    "own_convocation": _never,  # needs MemberConvokedByCpi, ServicePattoSigned
    "own_meeting": _if(lambda fact, case, r: _recorded_by(fact, r) and fact.event.seat != "SERVIZIO_SOCIALE"),
    "own_fact": _if(lambda fact, case, r: _is(r, fact.event.reporter)),
    # A reporter knows its own report, not that the servizio sociale made an infraction of it.
    "own_report": _if(lambda fact, case, r: _is(r, fact.event.reporter) and not fact.event.ascertained_on),
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
        "CARE_LOAD_DISABLED_MEMBER",
    }
)
"""Conditions that stay with the servizio sociale; the CPI learns of a disability for targeted placement."""

REASONS_FOR_CPI = frozenset({"EMPLOYED", "REGULAR_STUDY", "DISABILITY_L68", "AGE_60_PLUS", "NONE"})

KNOWS_BIRTH_DATES = frozenset({"ats", "comune", "inps", "person", "cpi", "accreditato", "ust", "asl"})

SAID_TO_ALL = frozenset({"PSP", "PAIS_SOCIAL", "EM"})
"""Outcomes of the analysis that do not speak of health."""


def _withheld(fact: Fact[Any], case: Case, recipient: str) -> bool:
    """Facts that only the named case manager knows: a protection path, an operator of its service."""
    event = fact.event
    if isinstance(event, MemberConditionRecorded):
        return _could_be(event.condition_code, "GENDER_VIOLENCE_PATH")
    if isinstance(event, OperatorAssigned | OperatorUnassigned):
        given = _assignments(fact, case)
        hidden = any(_anti_violence(assignment.agency, assignment.unit) for assignment in given)
        return hidden and not _own_operator(fact, case, recipient)
    return False


def _masks(fact: Fact[Any], case: Case, recipient: str) -> Iterator[Mask]:
    event, actor = fact.event, kind(recipient)
    match event:
        case HouseholdCompositionRecorded():
            yield from _household_masks(event, _protected(case), actor)
        case HouseholdConvoked() if set(event.member_ids) & _protected(case):
            yield from (("contact_used", None), ("place", None))
        case MemberConditionRecorded() if event.condition_code in SECRET_CONDITIONS:
            if not (actor == "cpi" and event.condition_code == "DISABILITY_L68"):
                yield from (("condition_code", None), ("value", None))
            yield from (("certified_by", None), ("evidence_ref", None))
        case ObligationEvaluated() if actor != "person":
            yield "reason_codes", _reasons(event) if actor == "cpi" else None
        case JustifiedReasonSubmitted() if event.health_content_sealed and actor != "person":
            yield from (("category", None), ("evidence_ref", None))
        case JustifiedReasonDecided() if actor != "person" and _held_health(event, case):
            yield "motivation", None
        case PreliminaryAnalysisCompleted() if actor == "ats":
            health = _where(event.outcomes, lambda found: found.outcome not in SAID_TO_ALL)
            yield from ((f"outcomes[{index}]", None) for index in health)
        case PattoDrafted() if actor not in ("asl", "person"):
            health = _where(event.commitments, lambda line: _could_be(line.area, "HEALTH"))
            yield from ((f"commitments[{index}]", None) for index in health)
        case OperatorAssigned():
            yield from _operator_masks(event, recipient)
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


def _could_be(code: object, secret: str) -> bool:
    """A code that was erased could be any."""
    return code == secret or not isinstance(code, str)


def _protected(case: Case) -> frozenset[UUID]:
    """Members in a protection path at any time; also who might be, where an erasure left it unreadable."""
    said = [fact.event for fact in case.all(MemberConditionRecorded)]
    return frozenset(
        c.member_id
        for c in said
        if _could_be(c.condition_code, "GENDER_VIOLENCE_PATH") and c.value is not False
    )


def _household_masks(
    event: HouseholdCompositionRecorded, protected: frozenset[UUID], actor: str
) -> Iterator[Mask]:
    hers = [contact for m in event.members if m.member_id in protected for contact in m.contacts]
    shared = {_plain(contact.value) for contact in hers}
    hidden = any(m.member_id in protected for m in event.members)
    for index, member in enumerate(event.members):
        path = f"members[{index}]"
        if actor not in KNOWS_BIRTH_DATES:
            yield f"{path}.birth_date", None
        if member.member_id in protected:
            yield f"{path}.contacts", None
        if hidden:
            # The others live where she lives, or write it otherwise: theirs would give hers away.
            yield f"{path}.residence_address", None
        for at, contact in enumerate(member.contacts):
            if contact.safe is not True or (hidden and _leads_home(contact, shared)):
                yield f"{path}.contacts[{at}]", None


def _leads_home(contact: Contact, shared: set[str]) -> bool:
    return contact.channel == "POSTA" or _plain(contact.value) in shared


def _plain(value: object) -> str:
    return "".join(letter for letter in str(value).casefold() if letter.isalnum())


def _reasons(event: ObligationEvaluated) -> list[str]:
    codes: object = event.reason_codes
    return [code for code in codes if code in REASONS_FOR_CPI] if isinstance(codes, tuple) else []


def _held_health(event: JustifiedReasonDecided, case: Case) -> bool:
    return any(
        fact.event.infraction_ref == event.infraction_ref and fact.event.health_content_sealed
        for fact in case.all(JustifiedReasonSubmitted)
    )


def _operator_masks(event: OperatorAssigned, recipient: str) -> Iterator[Mask]:
    instead = None if _anti_violence(event.agency, event.unit) else HEALTH_SERVICE
    own_unit = kind(recipient) == "asl" and _is(recipient, event.agency, event.unit)
    if instead is None or (_of_health(event.agency, event.unit) and not own_unit):
        yield from (("agency", instead), ("unit", instead))


def _team_masks(event: EquipeFormed, recipient: str) -> Iterator[Mask]:
    for index, component in enumerate(event.components):
        path = f"components[{index}]"
        own_unit = kind(recipient) == "asl" and _is(recipient, component.agency, component.unit)
        if _anti_violence(component.agency, component.unit, component.function):
            yield path, None
        elif _specialist(component) and recipient != "person" and not own_unit:
            for name in ("name", "surname", "function", "agency"):
                yield f"{path}.{name}", HEALTH_SERVICE
            yield f"{path}.unit", None
    for index in range(len(event.missing_roles)):
        # Free text stays in the case file: a reason can be an illness.
        yield f"missing_roles[{index}].reason", None


def _specialist(component: Component) -> bool:
    return component.role == "SPECIALIST" or _of_health(component.agency, component.unit, component.function)


def _anti_violence(*said: object) -> bool:
    """Whether an agency, a unit or a function is of an anti-violence service."""
    return _says(ANTI_VIOLENCE, said)


def _of_health(agency: object, *said: object) -> bool:
    """Whether an agency, a unit or a function is of a health service; a code of no known kind may well be."""
    return _says(HEALTH_SERVICES, (agency, *said)) or kind(str(agency)) not in KINDS


def _says(words: frozenset[str], texts: Iterable[object]) -> bool:
    """Whether a text has one of the words; one that was erased might."""
    return any(
        text is not None
        and (not isinstance(text, str) or bool(words & set(_WORD.findall(text.casefold().replace(".", "")))))
        for text in texts
    )


_WORD = re.compile(r"[^\W\d_]+")


# --- in the order of the log -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One thing to show a recipient: a fact, for what it is now or as a backfill of a ground gained."""

    fact: Fact[Any]
    shown: Shown
    backfill: bool = False


Had = dict[UUID, frozenset[str]]
"""What a recipient was shown last of each fact."""


def step(before: Case, after: Case, fact: Fact[Any], recipient: str, had: Had) -> Iterator[Disclosed]:
    """What one more fact (not a correction) lets a recipient know: what a new ground opens, then the fact."""
    if isinstance(fact.event, CHANGES_GROUNDS) and grounds(after, recipient) - grounds(before, recipient):
        yield from opened(before.facts.values(), after, recipient, had)
    own = disclose(fact, after, recipient)
    if own is not None:
        had[fact.event_id] = own.paths
        yield Disclosed(fact, own)


def opened(facts: Iterable[Fact[Any]], case: Case, recipient: str, had: Had) -> Iterator[Disclosed]:
    """What a recipient may know now of earlier facts beyond what it had, which is said again with it."""
    for fact in facts:
        if isinstance(fact.event, CaseClosed) and not had:
            continue  # the end of a charge that never was
        now, held = disclose(fact, case, recipient), had.get(fact.event_id)
        if now is None or (held is not None and now.paths <= held):
            continue
        both = masked(replace(now, paths=now.paths | (held or frozenset())), fact, case, recipient)
        had[fact.event_id] = both.paths
        yield Disclosed(fact, both, backfill=True)


def entitled(facts: Iterable[Fact[Any]], recipient: str) -> dict[UUID, Shown]:
    """What a recipient would have been shown of a case, had the corrections been known from the start."""
    found: dict[UUID, Shown] = {}
    had: Had = {}
    case = Case()
    for fact in corrected(facts):
        if isinstance(fact.event, EventCorrected):
            continue
        before, case = case, evolve(case, fact)
        for disclosed in step(before, case, fact, recipient, had):
            found[disclosed.fact.event_id] = disclosed.shown
    return found


def readable(facts: Iterable[Fact[Any]], recipient: str) -> dict[UUID, Shown]:
    """What a reader may be given now of what it is entitled to: a mask that came later counts too."""
    facts = list(facts)
    case = fold(facts)
    return {
        event_id: masked(shown, case.facts[event_id], case, recipient)
        for event_id, shown in entitled(facts, recipient).items()
    }


def may_receive(protocol: Protocol, recipient: str, day: date) -> bool:
    """Whether a body receives on a day: not once its withdrawal has effect (art. 12), until it signs anew."""
    if protocol.left(recipient, day):
        return False
    signed = [event for event in protocol.said.values() if isinstance(event, ProtocolSigned)]
    once = any(replace(protocol, signed=event).signatory(recipient) for event in signed)
    return protocol.signatory(recipient) or not once
