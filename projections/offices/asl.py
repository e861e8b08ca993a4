"""A unit of the ASL: referrals to answer, its waiting list, who is in its care, health commitments yes or no.

Each unit has a database of its own and holds what was told to that unit alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.case import events as e
from domain.rules.rule_set import RuleSet
from projections.offices.held import NOTHING, Held
from projections.offices.line import Line
from projections.offices.patto import commitments
from projections.offices.team import Invitation, invitations


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(Line):
    """Invii a cui rispondere. The answer is that the member is taken, put on the waiting list or refused."""

    name: ClassVar[str] = "referrals"

    answer: str | None = None
    from_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Line):
    """Lista d'attesa. As long as somebody waits, no health commitment of hers can be missed."""

    name: ClassVar[str] = "waiting-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class InCare(Line):
    """Persone in carico al servizio. With their contacts, as far as the unit may know them."""

    name: ClassVar[str] = "members"
    whole_person: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCommitment(Line):
    """Impegni sanitari. Whether the member attended, yes or no; open until the first word of it."""

    name: ClassVar[str] = "commitments"

    commitment: str | None = None
    frequency: str | None = None
    period: str | None = None
    attended: bool | None = None
    confirmed_on: date | None = None


LISTS: tuple[type[Line], ...] = (Invitation, Referral, Waiting, InCare, HealthCommitment)


def of_case(held: Held, _: RuleSet) -> Iterator[Line]:
    yield from invitations(held)
    yield from _referrals(held)
    yield from _in_care(held)
    yield from _commitments(held)


def _referrals(held: Held) -> Iterator[Line]:
    answers = {fact.id("referral_id"): fact for fact in held.all(e.SpecialistReferralAnswered)}
    for sent in held.all(e.MemberReferredToSpecialistService):
        referral_id, member_id = sent.id("referral_id"), sent.id("member_id")
        answer = answers.get(referral_id, NOTHING)
        if referral_id:
            yield Referral(
                item_id=referral_id,
                member_id=member_id,
                since=sent.day("referred_on"),
                open=answer is NOTHING,
                answer=answer.text("answer"),
                from_on=answer.day("from_on"),
            )
        if referral_id and answer.text("answer") == "WAITING_LIST":
            yield Waiting(item_id=referral_id, member_id=member_id, since=answer.day("from_on"), open=True)


def _in_care(held: Held) -> Iterator[InCare]:
    """Of several referrals of a member the last answer counts."""
    last = {fact.id("member_id"): fact for fact in held.all(e.SpecialistReferralAnswered)}
    for member_id, answer in last.items():
        referral_id = answer.id("referral_id")
        if member_id and referral_id and answer.text("answer") == "TAKEN":
            yield InCare(item_id=referral_id, member_id=member_id, since=answer.day("from_on"), open=True)


def _commitments(held: Held) -> Iterator[HealthCommitment]:
    confirmed = {fact.id("commitment_id"): fact for fact in held.all(e.HealthAttendanceConfirmed)}
    for commitment in commitments(held, "HEALTH"):
        last = confirmed.get(commitment.id, NOTHING)
        yield HealthCommitment(
            item_id=commitment.id,
            member_id=commitment.member_id,
            since=commitment.signed_on,
            open=last is NOTHING,
            commitment=commitment.line.text("text"),
            frequency=commitment.line.text("frequency"),
            period=last.text("period"),
            attended=last.yes("attended"),
            confirmed_on=last.recorded_on,
        )
