"""The Comune of residence: checks of its residents, changes of their households, its PUC, their schooling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar
from uuid import UUID

from domain.case import events as e
from domain.case.state import COMES, GOES
from domain.protocol import events as p
from domain.rules.rule_set import RuleSet
from projections.offices.held import NOTHING, Held, Told
from projections.offices.line import Line
from projections.offices.schooling import Verification, verifications


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceCheck(Line):
    """Verifiche anagrafiche e di soggiorno. One line a resident; open until the residence is told."""

    name: ClassVar[str] = "residence-checks"
    whole_person: ClassVar[bool] = True

    residence: str | None = None
    stay: str | None = None
    household: str | None = None
    checked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdChange(Line):
    """Variazioni del nucleo da recepire. Open until a composition holds it; a birthday is none."""

    name: ClassVar[str] = "household-changes"

    change_type: str | None = None
    evidence_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Puc(Line):
    """PUC attivi. Who is assigned to one, ``puc-assignments`` tells by the same ``item_id``."""

    name: ClassVar[str] = "pucs"

    holder: str | None = None
    title: str | None = None
    seats: int | None = None
    skills: tuple[str, ...] = ()
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PucAssignment(Line):
    """Residenti assegnati ai PUC. Of the PUC that the Comune holds."""

    name: ClassVar[str] = "puc-assignments"

    hours_per_week: int | None = None
    end_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MayorWarning(Line):
    """Ammonizioni del sindaco. Open until the schooling of the minor is found regular."""

    name: ClassVar[str] = "mayor-warnings"

    responsible_member_id: UUID | None = None
    act_ref: str | None = None


LISTS: tuple[type[Line], ...] = (
    ResidenceCheck,
    HouseholdChange,
    PucAssignment,
    Puc,
    Verification,
    MayorWarning,
)


def of_case(held: Held, _: RuleSet) -> Iterator[Line]:
    yield from _pucs(held)
    if _moved_away(held):
        return
    yield from _residence_checks(held)
    yield from _household_changes(held)
    yield from _puc_assignments(held)
    yield from verifications(held)
    yield from _mayor_warnings(held)


def _moved_away(held: Held) -> bool:
    """Whether the residence went to another Comune, which accepted: then nobody resides here."""
    accepted = [fact.id("transfer_event_id") for fact in held.all(e.CompetenceAccepted)]
    moves = {
        f.event_id: f for f in held.all(e.CompetenceTransferred) if f.text("reason") == "RESIDENCE_CHANGED"
    }
    taken = [moves[event_id] for event_id in accepted if event_id in moves]
    return bool(taken) and taken[-1].text("to_agency") != held.recipient


# --- residents ---------------------------------------------------------------------------------------------


def _residence_checks(held: Held) -> Iterator[ResidenceCheck]:
    checks = held.all(e.ResidenceCheckRecorded)
    for member_id, since in _residents(held).items():
        own = [fact for fact in checks if fact.id("member_id") == member_id]
        last = {fact.text("check_kind"): fact.text("outcome") for fact in own}
        told = [
            f
            for f in own
            if f.text("check_kind") == "RESIDENCE" and f.text("outcome") not in (None, "INCOMPLETE")
        ]
        yield ResidenceCheck(
            item_id=member_id,
            member_id=member_id,
            since=since,
            open=not told,
            residence=last.get("RESIDENCE"),
            stay=last.get("STAY"),
            household=last.get("HOUSEHOLD_ISEE"),
            checked_on=max((day for fact in own if (day := fact.day("checked_on"))), default=None),
        )


def _residents(held: Held) -> dict[UUID, date | None]:
    """Who is of the household now, with the day on which the register first had each of them.

    As the servizio sociale counts them: the last composition, as the changes that it does not hold move it.
    """
    compositions = held.all(e.HouseholdCompositionRecorded)
    first: dict[UUID, date | None] = {}
    now: set[UUID] = set()
    for composition in compositions:
        now = {member_id for row in composition.rows("members") if (member_id := row.id("member_id"))}
        first = {member_id: composition.day("verified_on") for member_id in now} | first
    moves = [move for move in held.all(e.HouseholdMemberChanged) if not _held_in(compositions, move)]
    for move in sorted(moves, key=lambda move: move.day("effective_on") or date.min):
        member_id, change = move.id("member_id"), move.text("change_type")
        if member_id and change in COMES:
            now.add(member_id)
        elif member_id and change in GOES:
            now.discard(member_id)
    return {member_id: since for member_id, since in first.items() if member_id in now}


def _held_in(compositions: list[Told], move: Told) -> bool:
    """Whether the last composition was verified after a change that was known by then."""
    last = compositions[-1] if compositions else NOTHING
    verified_on, effective_on = last.day("verified_on"), move.day("effective_on")
    if verified_on is None or effective_on is None:
        return False
    return move.version < last.version and effective_on <= verified_on


def _household_changes(held: Held) -> Iterator[HouseholdChange]:
    composed = [day for f in held.all(e.HouseholdCompositionRecorded) if (day := f.day("verified_on"))]
    for fact in held.all(e.HouseholdMemberChanged):
        change, effective_on = fact.text("change_type"), fact.day("effective_on")
        if change is None or not change.startswith("AGE_"):
            yield HouseholdChange(
                item_id=fact.event_id,
                member_id=fact.id("member_id"),
                since=effective_on,
                open=not any(effective_on and day >= effective_on for day in composed),
                change_type=change,
                evidence_ref=fact.text("evidence_ref"),
            )


# --- PUC and schooling -------------------------------------------------------------------------------------


def _pucs(held: Held) -> Iterator[Puc]:
    """They lie in the protocol, which is held as a case is."""
    ended = {fact.id("puc_id"): fact.day("ended_on") for fact in held.all(p.PucEnded)}
    for fact in held.all(p.PucOpened):
        if puc_id := fact.id("puc_id"):
            yield Puc(
                item_id=puc_id,
                since=fact.day("from_on"),
                open=puc_id not in ended,
                holder=fact.text("holder"),
                title=fact.text("title"),
                seats=fact.number("seats"),
                skills=fact.texts("skills"),
                ended_on=ended.get(puc_id),
            )


def _puc_assignments(held: Held) -> Iterator[PucAssignment]:
    for fact in held.all(e.PucAssigned):
        end_on = fact.day("end_on")
        if puc_id := fact.id("puc_id"):
            yield PucAssignment(
                item_id=puc_id,
                member_id=fact.id("member_id"),
                since=fact.day("start_on"),
                until_on=end_on and end_on + timedelta(days=1),
                open=True,
                hours_per_week=fact.number("hours_per_week"),
                end_on=end_on,
            )


def _mayor_warnings(held: Held) -> Iterator[MayorWarning]:
    regular = [fact for fact in held.all(e.SchoolingVerified) if fact.text("outcome") == "REGOLARE"]
    for fact in held.all(e.MayorWarningRecorded):
        minor, warned_on = fact.id("minor_member_id"), fact.day("warned_on")
        complied = [
            f
            for f in regular
            if f.id("minor_member_id") == minor
            and (f.day("verified_on") or date.min) >= (warned_on or date.min)
        ]
        yield MayorWarning(
            item_id=fact.event_id,
            member_id=minor,
            since=warned_on,
            due_on=fact.day("comply_by"),
            open=not complied,
            responsible_member_id=fact.id("responsible_member_id"),
            act_ref=fact.text("act_ref"),
        )
