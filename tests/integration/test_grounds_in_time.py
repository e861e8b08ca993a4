"""Every kind of ground in time, on the record: what it opens, what its end stops, its error takes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.case import events as e
from domain.case.state import fold
from domain.disclosure import grounds
from domain.fact import Fact, Recorder
from domain.ledger.disclosed import Disclosed
from domain.ledger.keys import KeyFile
from domain.message import Message
from tests.databases import clone, drop, ledger_on
from tests.integration.test_discloser import Register
from tests.servers import PostgresServer
from tests.unit.disclosure.story import (
    ANNA,
    CARLO,
    COMUNE,
    DAY,
    SOCIAL,
    accepted,
    activated,
    analysis,
    answered,
    assigned,
    by,
    case_manager,
    component,
    condition,
    correction,
    draft,
    ended,
    household,
    line,
    make,
    puc,
    referral,
    referred,
    returned,
    sent_to,
    signed,
    support,
    team,
    transferred,
    uid,
    unassigned,
    updated,
)

pytestmark = pytest.mark.integration

RECIPIENTS = (
    COMUNE,
    "comune-058047",
    "cpi",
    "ust",
    "asl",
    "asl-serd",
    "asl-consultorio",
    "ets-1",
    "mmg-1",
    "puc-1",
)

Tell = Callable[..., Fact[Any]]
"""Puts one more fact of the case on record, told by the servizio sociale or by another."""


@dataclass(frozen=True)
class Ground:
    """A ground of one recipient: the case before it, how it is gained and lost, and a fact it would open.

    ``kind`` is what :func:`domain.disclosure.grounds` calls it, ``opens`` the earlier facts that it opens.
    ``gain`` gives the fact that the ground rests on.
    """

    kind: str
    recipient: str
    before: Callable[[Tell], object]
    gain: Callable[[Tell], Fact[Any]]
    opens: list[str]
    lose: Callable[[Tell], object]
    later: Callable[[], Any]
    whose: UUID | None = ANNA
    """Whose personal values it opens; None where it opens none."""


def moves(tell: Tell, to: str, away: str) -> Fact[Any]:
    return tell(accepted(tell(transferred(to, away, "RESIDENCE_CHANGED"))))


def told(*events: Any) -> Callable[[Tell], Fact[Any]]:
    def tell_all(tell: Tell) -> Fact[Any]:
        *_, last = [tell(event) for event in events]
        return last

    return tell_all


def next_patto(*lines: Any) -> Callable[[Tell], Fact[Any]]:
    return told(draft(*lines, version=2), signed(2, DAY + timedelta(days=30)))


OTHER = line("TRAINING", "cpi-2")

GROUNDS = [
    Ground(
        "residence",
        COMUNE,
        told(referral("058047"), household()),
        lambda tell: moves(tell, COMUNE, "comune-058047"),
        ["HouseholdCompositionRecorded"],
        lambda tell: moves(tell, "comune-058047", COMUNE),
        household,
    ),
    Ground(
        "assignment",
        "mmg-1",
        told(referral(), household(), case_manager()),
        lambda tell: tell(assigned("mmg-1"), by("mmg-1")),
        ["CaseManagerAssigned"],
        lambda tell: tell(unassigned(), by("mmg-1")),
        case_manager,
        whose=None,
    ),
    Ground(
        "referral",
        "cpi",
        told(referral(), household(), condition("EMPLOYED")),
        told(referred("cpi")),
        ["HouseholdCompositionRecorded", "MemberConditionRecorded"],
        lambda tell: tell(returned("cpi"), by("cpi")),
        lambda: condition("EMPLOYED"),
    ),
    Ground(
        "specialist",
        "asl-serd",
        told(referral(), household(), draft(line("HEALTH", "asl-serd"))),
        told(sent_to("asl-serd")),
        ["PattoDrafted"],
        lambda tell: tell(answered("asl-serd", ANNA, "REFUSED"), by("asl-serd")),
        lambda: draft(line("HEALTH", "asl-serd"), version=2),
        whose=None,
    ),
    Ground(
        "care",
        "asl-serd",
        told(referral(), household(), updated(ANNA), sent_to("asl-serd")),
        lambda tell: tell(answered("asl-serd", ANNA, "TAKEN"), by("asl-serd")),
        ["HouseholdCompositionRecorded", "ContactsUpdated"],
        lambda tell: [
            tell(sent_to("asl-serd", ANNA, "second")),
            tell(answered("asl-serd", ANNA, "REFUSED", "second"), by("asl-serd")),
        ],
        household,
    ),
    Ground(
        "team",
        "ust",
        told(referral(), household(), analysis()),
        told(team(component("ust"), component("cpi"))),
        ["PreliminaryAnalysisCompleted"],
        told(team(component("cpi"), name="second team")),
        analysis,
        whose=uid("component of ust"),
    ),
    Ground(
        "line",
        "cpi",
        told(referral(), household(), draft(line("TRAINING", "cpi"))),
        told(signed()),
        ["PattoDrafted"],
        next_patto(OTHER),
        lambda: draft(line("TRAINING", "cpi"), version=3),
        whose=None,
    ),
    Ground(
        "pupil",
        "ust",
        told(referral(), household(), draft(line("SCHOOLING", "ust", CARLO))),
        told(signed()),
        ["HouseholdCompositionRecorded", "PattoDrafted"],
        next_patto(OTHER),
        household,
        whose=CARLO,
    ),
    Ground(
        "puc",
        "puc-1",
        told(referral(), household(), draft(line("PUC", "puc-1")), signed()),
        told(puc()),
        ["HouseholdCompositionRecorded"],
        next_patto(line("PUC", "puc-2")),
        household,
    ),
    Ground(
        "support",
        "ets-1",
        told(referral(), household(), draft(supports=(support("ets-1"),))),
        told(activated("ets-1")),
        ["PattoDrafted"],
        told(ended("ets-1")),
        lambda: draft(supports=(support("ets-1"),), version=2),
        whose=None,
    ),
]
EVERY_GROUND = pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.kind)


@pytest.fixture(scope="module")
def record(
    postgres: PostgresServer, ledger_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Register]:
    """One log for all these cases: each test tells one of its own."""
    name = clone(postgres, ledger_template)
    ledger = ledger_on(postgres, name, Path(tmp_path_factory.mktemp("keys")))
    log = ledger.log(size=3)
    yield Register(ledger, log, Disclosed(log.recorder.pool, log.keys))
    log.recorder.pool.close()
    assert isinstance(log.keys, KeyFile)
    log.keys.close()
    log.close()
    drop(postgres, name)


class Case:
    """One case on the record, and what a recipient was sent of it since it was looked at last."""

    def __init__(self, record: Register, ground: Ground, name: str) -> None:
        self._record, self._ground = record, ground
        self.id = uid(f"{ground.kind} {name}")
        self.seen = 0

    def tell(self, event: Any, recorder: Recorder = SOCIAL) -> Fact[Any]:
        return self._record.tell(event, recorder, self.id)

    @property
    def holds(self) -> bool:
        """Whether the recipient has the ground now."""
        case = fold(self._record.log.facts(self.id))
        return self._ground.kind in {kind for kind, *_ in grounds(case, self._ground.recipient)}

    def new(self, recipient: str | None = None) -> list[Message]:
        """What has come for the recipient of the ground; nothing is sent in between."""
        step_through_all(self._record)
        who = recipient or self._ground.recipient
        all_of = self._record.disclosed.messages(who, 0, 10_000, case_id=self.id)
        if recipient is not None:
            return all_of
        fresh, self.seen = all_of[self.seen :], len(all_of)
        return fresh


def step_through_all(record: Register) -> None:
    discloser = record.discloser(RECIPIENTS)
    while discloser.step():
        pass


def begun(record: Register, ground: Ground, name: str) -> tuple[Case, list[Message], Fact[Any]]:
    """A case in which the ground was just gained: what it sent, and the fact that it rests on."""
    case = Case(record, ground, name)
    ground.before(case.tell)
    case.new()
    assert not case.holds
    gained = ground.gain(case.tell)
    assert case.holds
    return case, case.new(), gained


def names(messages: list[Message], kind: str) -> list[str]:
    return [title_of(message) for message in messages if message.kind == kind]


def title_of(message: Message) -> str:
    return "".join(part.capitalize() for part in message.type.split(".")[2].split("_"))


def test_every_kind_of_ground_is_tried():
    assert len({ground.kind for ground in GROUNDS}) == len(GROUNDS) == 10


@EVERY_GROUND
def test_a_ground_gained_opens_the_earlier_facts_in_their_order_before_its_own(record, ground):
    _, sent, gained = begun(record, ground, "gained")
    assert names(sent, "backfill") == ground.opens
    earlier = [message.version for message in sent if message.kind == "backfill"]
    assert earlier == sorted(earlier) and max(earlier) < gained.version
    if gained.event_id in {message.event_id for message in sent}:
        assert sent[-1].event_id == gained.event_id and sent[-1].kind == "fact"
    assert all(message.data for message in sent)


@EVERY_GROUND
def test_a_ground_lost_stops_all_but_corrections_and_erasures_of_what_was_shown(record, ground):
    case, sent, _ = begun(record, ground, "lost")
    ground.lose(case.tell)
    case.new()
    assert not case.holds
    case.tell(ground.later())
    assert case.new() == []

    opened = next(message for message in sent if message.kind == "backfill")
    (wrong,) = [fact for fact in record.log.facts(case.id) if fact.event_id == opened.event_id]
    case.tell(correction(wrong, **same_again(wrong)))
    assert names(case.new(), "correction") == ["EventCorrected"]
    if ground.whose is not None:
        case.tell(make(e.PersonalDataErased, member_id=ground.whose, erased_event_ids=(opened.event_id,)))
        assert [message.kind for message in case.new()] == ["erasure"]


def same_again(fact: Fact[Any]) -> dict[str, Any]:
    """A correction that gives a field the value that it has: it tells, and changes no ground."""
    name = next(iter(type(fact.event).__dataclass_fields__))
    return {name: getattr(fact.event, name)}


@EVERY_GROUND
def test_a_ground_corrected_away_withdraws_all_that_rested_on_it(record, ground):
    case, sent, gained = begun(record, ground, "corrected")
    case.tell(correction(gained, voids=True))
    taken = case.new()
    assert not case.holds
    voided = {UUID(m.data["corrects_event_id"]) for m in taken if m.kind == "correction"}
    withdrawn = {message.event_id for message in taken if message.kind == "withdrawn"}
    rested = {message.event_id for message in sent if message.kind == "backfill"}
    assert rested <= withdrawn and voided <= {gained.event_id}
    assert withdrawn | voided >= {m.event_id for m in sent if m.event_id in rested | {gained.event_id}}
    assert all(not message.data for message in taken if message.kind == "withdrawn")
    assert {message.kind for message in taken} <= {"withdrawn", "correction"}


@EVERY_GROUND
def test_none_of_it_reaches_a_neighbour(record, ground):
    """Another unit, another Comune, another agency: none that no ground of its own links to the case."""
    case, _, _ = begun(record, ground, "neighbours")
    ground.lose(case.tell)
    others = {
        other: [title_of(message) for message in case.new(other)]
        for other in RECIPIENTS
        if other != ground.recipient
    }
    assert {other for other, what in others.items() if what} <= NEIGHBOURS.get(ground.kind, set())


NEIGHBOURS = {
    "residence": {"comune-058047"},
    "assignment": {COMUNE},
    "referral": {COMUNE},
    "specialist": {COMUNE},
    "care": {COMUNE},
    "team": {COMUNE, "cpi"},
    "line": {COMUNE},
    "pupil": {COMUNE},
    "puc": {COMUNE},
    "support": {COMUNE},
}
"""Who has a ground of its own: the Comune of residence, and who sits in the équipe too."""
