"""The record of who was shown what, written on a real PostgreSQL: in order, sealed, once, and corrected."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from domain.disclosure import HEALTH_SERVICE, entitled
from domain.fact import Fact, Recorder
from domain.ledger import discloser as discloser_module
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.ids import event_id
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Pending
from domain.ledger.store import PROTOCOL, Log
from domain.message import Message
from domain.protocol.events import ProtocolSigned, ReferentAppointed, Signatory, WithdrawalReceived
from tests.databases import Ledger
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    CASE,
    COMUNE,
    DAY,
    EVERYONE,
    FAMILY,
    LINES,
    SOCIAL,
    SUPPORTS,
    analysis,
    assigned,
    by,
    closed,
    component,
    condition,
    contact,
    correction,
    decurtazione,
    draft,
    household,
    line,
    make,
    member,
    missed,
    referral,
    referred,
    signed,
    team,
    uid,
)

pytestmark = pytest.mark.integration

OTHER_COMUNE = "comune-058047"
RECIPIENTS = ("ats", "cpi", "ust", "asl", "asl-serd", COMUNE, OTHER_COMUNE, "ets-1", "inps")


@dataclass
class Register:
    """A log that takes any facts, and what is disclosed of it."""

    ledger: Ledger
    log: Log
    disclosed: Disclosed

    def tell(self, event: Any, recorder: Recorder = SOCIAL, case: UUID = CASE) -> Fact[Any]:
        """One more fact, as it lies in the log; nobody decides whether it may be recorded."""
        earlier = self.log.facts(case)
        fact = Fact(
            event_id=event_id(),
            case_id=case,
            version=len(earlier) + 1,
            event=event,
            recorder=recorder,
            known_on=DAY,
            purpose="TAKING_CHARGE",
            command_id=uuid4(),
            correlation_id=uuid4(),
        )
        stored = self.log.mapper.to_stored_event(Entry(fact, {}))
        self.log.recorder.append(Pending(case, fact.version, [stored]))
        return fact

    def tell_all(self, *events: Any, case: UUID = CASE) -> list[Fact[Any]]:
        return [self.tell(event, case=case) for event in events]

    def discloser(self, recipients: Sequence[str] = RECIPIENTS) -> Discloser:
        return Discloser(self.log, self.disclosed, Enrolled.of(recipients))

    def disclose(self) -> None:
        """All that is new, by a discloser that has just been started."""
        step_through(self.discloser())

    def messages(self, recipient: str) -> list[Message]:
        return self.disclosed.messages(recipient, 0, 10_000)

    def new(self, recipient: str, after: list[Message]) -> list[Message]:
        return self.disclosed.messages(recipient, len(after), 10_000)

    def rows(self) -> list[tuple[Any, ...]]:
        """Everything that was written, the sealed bytes left out: they differ each time."""
        with psycopg.connect(self.ledger.owner_url) as owner:
            return owner.execute(
                "select recipient, seq, kind, position, event_id, version, type, ground, paths"
                " from ledger.disclosed order by recipient, seq"
            ).fetchall()

    def forget(self) -> None:
        """Nothing was disclosed: for a second run over the same log."""
        with psycopg.connect(self.ledger.owner_url) as owner:
            owner.execute("delete from ledger.disclosed")
            owner.execute("update ledger.disclosed_head set position = 0")


def step_through(discloser: Discloser) -> None:
    while discloser.step():
        pass


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    log = ledger.log(size=6)
    yield Register(ledger, log, Disclosed(log.recorder.pool, log.keys))
    log.recorder.pool.close()
    assert isinstance(log.keys, KeyFile)
    log.keys.close()
    log.close()


def whole_life(register: Register, case: UUID = CASE) -> list[Fact[Any]]:
    """A case in which everyone has a part, with corrections of every kind."""
    told = register.tell_all(
        referral(),
        household(),
        analysis(),
        condition("EMPLOYED"),
        referred("cpi"),
        team(*EVERYONE),
        draft(*LINES, supports=SUPPORTS),
        signed(),
        case=case,
    )
    wider = (*FAMILY[:1], member(uid("Dora"), date(2020, 2, 2)), *FAMILY[1:])
    told.append(register.tell(correction(told[1], members=tuple(reversed(wider))), case=case))
    told.append(register.tell(correction(told[3], voids=True), case=case))
    told.append(register.tell(correction(told[1], members=wider), case=case))
    told.append(register.tell(decurtazione(), by("inps"), case))
    told.append(register.tell(correction(told[0], residence_comune="058047"), case=case))
    told.append(register.tell(correction(told[0], residence_comune="058091"), case=case))
    told.append(register.tell(closed(), case=case))
    return told


def data_of(messages: list[Message], fact: Fact[Any]) -> Any:
    """The last that was said of a fact."""
    return [dict(message.data) for message in messages if message.event_id == fact.event_id][-1]


# --- order, and what lies in the table -----------------------------------------------------------------


def test_rows_come_in_the_order_of_the_log_and_are_numbered_without_gaps(register):
    events = [referral(), household(), referred("cpi"), team(component("cpi")), missed("cpi", "TRAINING")]
    for event in events:
        for case in (uid("one"), uid("two"), uid("three")):
            register.tell(event, case=case)
    register.disclose()
    for recipient in RECIPIENTS:
        messages = register.messages(recipient)
        assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
        facts = [message.recorded_at for message in messages if message.kind == "fact"]
        assert all(one <= next_one for one, next_one in pairwise(facts))
    assert [m.kind for m in register.messages("cpi")[:2]] == ["backfill", "fact"]
    assert [m.kind for m in register.messages("cpi")[6:]] == ["fact"] * 6
    assert {message.case_id for message in register.messages("cpi")} == {uid("one"), uid("two"), uid("three")}


def test_a_notice_says_that_something_happened_and_when_and_no_more(register):
    told = register.tell(referral())
    register.disclose()
    (notice,) = register.messages("inps")
    assert dict(notice.data) == {} and notice.occurred_on == told.event.referred_on


def test_no_personal_value_lies_readable_in_the_table(register):
    marked = member(ANNA, name="MARCATA", surname="MARCATA", contacts=(contact("marcata@esempio.invalid"),))
    first = register.tell_all(referral(), household(marked, *FAMILY[1:]), referred("cpi"))
    seat = replace(component("cpi"), name="MARCATA", function="MARCATA")
    register.tell(team(seat, component("asl-serd", "SPECIALIST"), component("ust")))
    register.tell(make(type(draft()), commitments=(line("TRAINING", "cpi"),), preferences="MARCATA"))
    register.tell(correction(first[1], members=(replace(marked, surname="MARCATA-DUE"), *FAMILY[1:])))
    register.tell(referred("cpi", BRUNO))
    register.disclose()
    with psycopg.connect(register.ledger.owner_url) as owner:
        raw = owner.execute("select d::text, encode(payload, 'escape') from ledger.disclosed d").fetchall()
    table = " ".join(part for row in raw for part in row).lower()
    assert "sealed" in table
    for value in ("marcata", "inventati", "codice-", "esempio.invalid", "impegno training", "cognome-"):
        assert value not in table
    assert not any('"agency":"servizio sanitario","name"' in part for row in raw for part in row)
    told = data_of(register.messages("cpi"), first[1])
    assert [entry["surname"] for entry in told["members"]] == ["MARCATA-DUE", "Inventati"]


def test_what_stands_in_place_of_a_personal_value_is_sealed_like_it(register):
    told = register.tell_all(referral(), team(component("ust"), component("asl-serd", "SPECIALIST")))
    register.disclose()
    with psycopg.connect(register.ledger.owner_url) as owner:
        (payload,) = owner.execute(
            "select payload from ledger.disclosed where recipient = 'ust' and event_id = %s",
            [told[1].event_id],
        ).fetchone()
    assert HEALTH_SERVICE.encode() not in payload and b"serd" not in payload.lower()
    seats = data_of(register.messages("ust"), told[1])["components"]
    assert [seat["agency"] for seat in seats] == ["ust", HEALTH_SERVICE]


# --- once, whatever happens ----------------------------------------------------------------------------


def test_a_discloser_restarted_after_every_batch_writes_what_one_run_writes(register, monkeypatch):
    for name in ("one", "two"):
        whole_life(register, uid(name))
    register.disclose()
    in_one_run = register.rows()
    assert {row[2] for row in in_one_run} == {"fact", "backfill", "correction", "withdrawn"}
    for batch in (1, 3):
        register.forget()
        monkeypatch.setattr(discloser_module, "BATCH", batch)
        while register.discloser().step():
            pass
        assert register.rows() == in_one_run


def test_a_batch_that_fails_is_written_whole_the_next_time(register, monkeypatch):
    whole_life(register)
    register.disclose()
    in_one_run = register.rows()
    register.forget()
    monkeypatch.setattr(discloser_module, "BATCH", 4)
    write, fails = Disclosed.add, iter([False, True, True, False, True])

    def sometimes(self: Disclosed, *batch: Any) -> None:
        if next(fails, False):
            raise ConnectionError
        write(self, *batch)

    monkeypatch.setattr(Disclosed, "add", sometimes)
    discloser, failed = register.discloser(), 0
    while True:
        try:
            if not discloser.step():
                break
        except ConnectionError:
            failed += 1
    assert failed == 3 and register.rows() == in_one_run


def test_a_batch_cut_off_in_the_database_leaves_no_row(register):
    whole_life(register)
    discloser = register.discloser()
    rows = [row for entry in register.log.after(0, 500) for row in discloser._rows(entry, 0)]
    with pytest.raises(psycopg.errors.CheckViolation):
        register.disclosed.add(0, 15, [*rows, replace(rows[-1], kind="no such kind")])
    assert register.rows() == [] and register.disclosed.position() == 0


def test_two_disclosers_at_once_lose_nothing_and_double_nothing(register, monkeypatch):
    for name in ("one", "two", "three"):
        whole_life(register, uid(name))
    register.disclose()
    in_one_run = register.rows()
    register.forget()
    monkeypatch.setattr(discloser_module, "BATCH", 2)
    start, lost, failures = threading.Barrier(2), [], []

    def run() -> None:
        discloser = register.discloser()
        start.wait()
        while True:
            try:
                if not discloser.step():
                    return
            except SerializationFailure:
                lost.append(1)
            except Exception as failure:
                failures.append(failure)
                return

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and register.rows() == in_one_run


def test_two_disclosers_by_turns_each_know_what_the_other_wrote(register, monkeypatch):
    whole_life(register)
    register.disclose()
    in_one_run = register.rows()
    register.forget()
    monkeypatch.setattr(discloser_module, "BATCH", 1)
    one, other = register.discloser(), register.discloser()
    while one.step() and other.step():
        pass
    assert register.rows() == in_one_run


def test_a_protection_path_that_another_discloser_met_masks_for_this_one(register, monkeypatch):
    monkeypatch.setattr(discloser_module, "BATCH", 1)
    register.tell_all(referral(), condition("GENDER_VIOLENCE_PATH"), household())
    one, other = register.discloser(), register.discloser()
    assert (one.step(), other.step(), one.step()) == (1, 1, 1)
    (told,) = [m for m in register.messages("ats") if "members" in m.data]
    assert told.data["members"][0]["contacts"] == [] and told.data["members"][1]["contacts"]


def test_what_the_rows_add_up_to_is_what_each_recipient_is_entitled_to(register):
    told = register.tell_all(
        referral(),
        household(),
        condition("EMPLOYED"),
        referred("cpi"),
        team(*EVERYONE),
        draft(*LINES, supports=SUPPORTS),
        signed(),
    )
    register.disclose()
    for recipient in RECIPIENTS:
        shown = {
            event: set(paths) for who, _, _, _, event, _, _, _, paths in register.rows() if who == recipient
        }
        given = entitled(register.log.facts(CASE), recipient)
        assert shown == {event: set(each.paths) for event, each in given.items()}
    assert len(told) == 7


# --- corrections ---------------------------------------------------------------------------------------


def test_a_correction_goes_to_exactly_those_who_were_shown_the_fact_with_the_same_fields(register):
    told = register.tell_all(
        referral(), household(), referred("cpi"), draft(line("SCHOOLING", "ust", CARLO)), signed()
    )
    register.disclose()
    before = {recipient: register.messages(recipient) for recipient in RECIPIENTS}
    right = tuple(replace(m, surname="Corretti", residence_address="via Corretta 2") for m in FAMILY)
    register.tell(correction(told[1], members=right, source="DSU"))
    register.disclose()
    for recipient, earlier in before.items():
        new = register.new(recipient, earlier)
        had = [m for m in earlier if m.event_id == told[1].event_id]
        assert [m.kind for m in new] == ["correction"] * len(had), recipient
        for message in new:
            assert UUID(message.data["corrects_event_id"]) == told[1].event_id
            value = message.data["new_value"]
            assert "reason" not in message.data and "affects" not in message.data
            assert {frozenset(entry) for entry in value["members"]} == {
                frozenset(entry) for entry in had[0].data["members"]
            }
            assert [m["name"] for m in value["members"]] == [m["name"] for m in had[0].data["members"]]
            assert {entry["surname"] for entry in value["members"]} == {"Corretti"}
            assert ("source" in value) == ("source" in had[0].data)
    assert before[OTHER_COMUNE] == [] and before["ust"] and before["cpi"] and before["inps"]


def test_a_correction_after_the_ground_has_ended_still_goes_to_who_had_the_fact(register):
    told = register.tell_all(referral(), household(), referred("cpi"), closed())
    register.disclose()
    before = register.messages("cpi")
    register.tell(correction(told[1], members=(replace(FAMILY[0], surname="Corretti"), *FAMILY[1:])))
    register.disclose()
    (message,) = register.new("cpi", before)
    assert message.kind == "correction"
    assert [m["surname"] for m in message.data["new_value"]["members"]] == ["Corretti"]


def test_a_correction_that_voids_goes_to_who_had_the_fact_and_carries_no_value(register):
    told = register.tell_all(referral(), household(), referred("cpi"), condition("EMPLOYED"))
    register.disclose()
    before = {recipient: register.messages(recipient) for recipient in RECIPIENTS}
    register.tell(correction(told[3], voids=True))
    register.disclose()
    for recipient, earlier in before.items():
        new = register.new(recipient, earlier)
        if any(message.event_id == told[3].event_id for message in earlier):
            (message,) = new
            assert message.kind == "correction" and message.data["voids"] is True
            assert "new_value" not in message.data
        else:
            assert new == []


def test_a_voided_ground_withdraws_what_rested_on_it(register):
    told = register.tell_all(referral(), household(), condition("EMPLOYED"), referred("cpi"))
    register.disclose()
    before = register.messages("cpi")
    register.tell(correction(told[3], voids=True))
    register.disclose()
    new = register.new("cpi", before)
    assert [m.kind for m in new] == ["correction", "withdrawn", "withdrawn"]
    assert {m.event_id for m in new[1:]} == {told[1].event_id, told[2].event_id}
    assert all(dict(m.data) == {} and m.occurred_on is None for m in new[1:])


def test_a_residence_corrected_to_another_comune_moves_everything_there(register):
    told = register.tell_all(referral(), household(), household(*FAMILY[:2]))
    register.disclose()
    before = register.messages(COMUNE)
    assert [m.kind for m in before] == ["fact", "fact"] and register.messages(OTHER_COMUNE) == []
    register.tell(correction(told[0], residence_comune="058047"))
    register.disclose()
    assert [(m.kind, m.event_id) for m in register.new(COMUNE, before)] == [
        ("withdrawn", told[1].event_id),
        ("withdrawn", told[2].event_id),
    ]
    moved = register.messages(OTHER_COMUNE)
    assert [(m.kind, m.event_id) for m in moved] == [
        ("backfill", told[1].event_id),
        ("backfill", told[2].event_id),
    ]
    assert [dict(m.data) for m in moved] == [dict(m.data) for m in before]
    register.tell(household())
    register.disclose()
    assert len(register.messages(OTHER_COMUNE)) == 3 and len(register.new(COMUNE, before)) == 2


def test_a_residence_corrected_after_the_case_is_closed_opens_nothing(register):
    told = register.tell_all(referral(), household(), closed())
    register.disclose()
    register.tell(correction(told[0], residence_comune="058047"))
    register.disclose()
    assert register.messages(OTHER_COMUNE) == []
    assert [m.kind for m in register.messages(COMUNE)] == ["fact", "fact", "withdrawn", "withdrawn"]


@pytest.mark.parametrize("restarted", [True, False])
def test_a_new_address_corrected_in_after_a_protection_path_is_told_to_nobody(register, restarted):
    told = register.tell_all(referral(), household(), referred("cpi"), condition("GENDER_VIOLENCE_PATH"))
    discloser = register.discloser()
    step_through(discloser)
    (known,) = [m for m in register.messages("cpi") if "members" in m.data]
    assert known.data["members"][0]["contacts"][0]["value"] == "anna@esempio.invalid"
    moved = replace(
        FAMILY[0], residence_address="via Rifugio 9", contacts=(contact("rifugio@esempio.invalid"),)
    )
    register.tell(correction(told[1], members=(moved, *FAMILY[1:])))
    register.tell(referred("cpi", BRUNO))
    register.tell(correction(told[0], residence_comune="058047"))
    step_through(register.discloser() if restarted else discloser)
    for recipient in RECIPIENTS:
        assert "rifugio" not in str([dict(m.data) for m in register.messages(recipient)]).lower()
    assert [m.kind for m in register.messages(OTHER_COMUNE)] == ["backfill"]


@pytest.mark.parametrize("first", [True, False], ids=["a path before", "a path after"])
@pytest.mark.parametrize("recipient", ["ats", "cpi", COMUNE])
def test_a_household_corrected_and_told_anew_has_the_same_fields_whoever_is_in_a_protection_path(
    register, recipient, first
):
    again = (member(ANNA, contacts=(contact("altra@esempio.invalid"),)), *FAMILY[1:])
    sent = {}
    for path in ([], [condition("GENDER_VIOLENCE_PATH")]):
        case = uid(f"a case with {len(path)} paths")
        before, after = (path, []) if first else ([], path)
        opened = register.tell_all(referral(), *before, household(), referred("cpi"), case=case)
        register.tell_all(*after, case=case)
        register.disclose()
        composed = opened[1 + len(before)]
        register.tell_all(correction(composed, members=again), referred("cpi", BRUNO), case=case)
        register.disclose()
        read = [m for m in register.messages(recipient) if m.case_id == case]
        households = [m.data.get("new_value", m.data).get("members") for m in read]
        sent[len(path)] = [[list(m) for m in members] for members in households if members]
    assert sent[0] == sent[1] and len(sent[0]) > 1


def test_a_correction_that_hides_a_component_hides_it_from_who_had_read_its_name(register):
    told = register.tell_all(referral(), team(component("ust"), component("ets-1", "ETS")))
    register.disclose()
    hidden = replace(component("ets-1", "SPECIALIST"), agency="asl", unit="asl-serd", name="Nascosta")
    register.tell(correction(told[1], components=(component("ust"), hidden)))
    register.disclose()
    correction_row = register.messages("ust")[-1]
    seat = correction_row.data["new_value"]["components"][1]
    assert {seat[name] for name in ("name", "surname", "function", "agency")} == {HEALTH_SERVICE}
    assert "unit" not in seat


def test_a_second_correction_knows_what_the_first_one_left(register):
    told = register.tell_all(referral(), household(), referred("cpi"))
    register.disclose()
    register.tell(correction(told[1], members=(FAMILY[1], FAMILY[2], FAMILY[0])))
    register.disclose()
    register.tell(correction(told[1], members=(FAMILY[1], replace(FAMILY[0], surname="Corretti"))))
    register.tell(correction(told[1], source="DSU"))
    register.disclose()
    assert [m.kind for m in register.messages("cpi")] == ["backfill", "fact", *["correction"] * 3]
    second = register.messages("cpi")[3].data["new_value"]
    assert [(m["name"], m["surname"]) for m in second["members"]] == [("Anna", "Corretti")]


# --- who receives --------------------------------------------------------------------------------------


def signs(*agencies: str, name: str = "protocol") -> ProtocolSigned:
    bodies = tuple(make(Signatory, agency=agency) for agency in agencies)
    return make(ProtocolSigned, protocol_id=uid(name), signatories=bodies, on_withdrawal="SIGNATORY_LEAVES")


def withdraws(agency: str, on: date) -> WithdrawalReceived:
    return make(WithdrawalReceived, protocol_id=uid("protocol"), agency=agency, effective_on=on)


def test_facts_of_the_protocol_go_to_its_signatories_only(register):
    register.tell(signs("cpi", "asl", COMUNE), by("ats"), PROTOCOL)
    register.tell(make(ReferentAppointed, agency="cpi"), by("cpi"), PROTOCOL)
    register.disclose()
    assert {r for r in RECIPIENTS if register.messages(r)} == {
        "ats",
        "cpi",
        "asl",
        "asl-serd",
        COMUNE,
        OTHER_COMUNE,  # the Comuni sign together
    }
    assert all(len(register.messages(r)) == 2 for r in ("cpi", "asl-serd", COMUNE))


def test_a_signatory_that_withdraws_is_told_so_and_nothing_after_that(register):
    today = date.today()
    register.tell(signs("cpi", "ust", "asl"), by("ats"), PROTOCOL)
    register.tell_all(referral(), team(component("ust"), component("cpi")))
    register.tell(withdraws("ust", today), by("ats"), PROTOCOL)
    register.tell(make(ReferentAppointed, agency="cpi"), by("cpi"), PROTOCOL)
    register.tell_all(team(component("ust"), component("cpi"), name="second"), closed())
    register.disclose()
    assert [m.type.split(".")[2] for m in register.messages("ust")] == [
        "protocol_signed",
        "equipe_formed",
        "withdrawal_received",
    ]
    assert len(register.messages("cpi")) == 6


def test_a_withdrawal_with_effect_to_come_stops_nothing_yet(register):
    register.tell(signs("cpi", "ust"), by("ats"), PROTOCOL)
    register.tell(withdraws("ust", date.today() + timedelta(days=30)), by("ats"), PROTOCOL)
    register.tell_all(referral(), team(component("ust")))
    register.disclose()
    assert len(register.messages("ust")) == 3


def test_a_body_that_left_is_told_what_was_wrong_in_what_it_had_and_nothing_that_a_correction_opens(register):
    register.tell(signs("cpi", COMUNE), by("ats"), PROTOCOL)
    told = register.tell_all(referral(), household(), household(*FAMILY[:2]), referred("cpi"))
    register.tell(withdraws("cpi", date.today()), by("ats"), PROTOCOL)
    register.disclose()
    before = register.messages("cpi")
    register.tell(correction(told[1], source="DSU"))
    register.tell(correction(told[3], member_id=BRUNO))
    register.disclose()
    new = register.new("cpi", before)
    assert [m.kind for m in new] == ["correction", "correction", "withdrawn", "withdrawn"]
    assert "Bruno" not in str([dict(m.data) for m in new])


def test_a_body_that_left_receives_again_only_when_it_signs_anew(register):
    register.tell(signs("cpi", "ust"), by("ats"), PROTOCOL)
    register.tell(withdraws("ust", date.today()), by("ats"), PROTOCOL)
    register.tell(signs("cpi", "asl", name="second"), by("ats"), PROTOCOL)
    register.tell_all(referral(), team(component("ust")))
    register.disclose()
    assert len(register.messages("ust")) == 2
    register.tell(signs("cpi", "ust", name="third"), by("ats"), PROTOCOL)
    register.tell(team(component("ust"), name="second"))
    register.disclose()
    told = [(m.kind, m.type.split(".")[2]) for m in register.messages("ust")[2:]]
    # Its new seat opens the team that it was part of while it was away.
    assert told == [("fact", "protocol_signed"), ("backfill", "equipe_formed"), ("fact", "equipe_formed")]


def test_a_body_that_signed_the_protocol_and_has_no_part_in_a_case_is_told_nothing_of_it(register):
    register.tell(signs("cpi", "ust", "asl", "comune"), by("ats"), PROTOCOL)
    register.tell_all(referral("058999"), household(), analysis(), condition("EMPLOYED"), closed())
    register.tell(decurtazione(), by("inps"))
    register.disclose()
    for recipient in ("cpi", "ust", "asl", "asl-serd", COMUNE, OTHER_COMUNE):
        assert [m.type.split(".")[2] for m in register.messages(recipient)] == ["protocol_signed"]


# --- erasure -------------------------------------------------------------------------------------------


def erase(register: Register, person: UUID) -> None:
    assert isinstance(register.log.keys, KeyFile)
    register.log.keys.destroy(f"person/{person}")


def test_the_values_of_an_erased_person_are_shown_as_erased(register):
    told = register.tell_all(referral(), household(), referred("cpi"))
    register.disclose()
    erase(register, ANNA)
    (entry,) = data_of(register.messages("cpi"), told[1])["members"]
    assert entry["member_id"] == str(ANNA)
    assert entry["name"] == entry["tax_code"] == entry["birth_date"] == {"erased": True}
    names = [m["name"] for m in data_of(register.messages(COMUNE), told[1])["members"]]
    assert names == [{"erased": True}, "Bruno", "Carlo"]


def test_a_backfill_after_an_erasure_goes_on_and_shows_nothing_of_who_was_erased(register):
    told = register.tell_all(
        referral(), household(), analysis(), team(component("cpi"), component("asl-serd", "SPECIALIST"))
    )
    register.disclose()
    erase(register, ANNA)
    for seat in ("cpi", "asl-serd"):
        erase(register, uid(f"component of {seat}"))
    register.tell(referred("cpi", BRUNO))
    register.tell(assigned("ust"), by("ust"))
    register.tell(correction(told[0], residence_comune="058047"))
    register.disclose()
    (entry,) = data_of(register.messages("cpi"), told[1])["members"]
    assert entry["name"] == "Bruno"
    names = [m["name"] for m in data_of(register.messages(OTHER_COMUNE), told[1])["members"]]
    assert names == [{"erased": True}, "Bruno", "Carlo"]


def test_a_corrected_value_of_an_erased_person_is_never_sealed_anew(register):
    told = register.tell_all(referral(), household())
    register.tell(correction(told[1], members=(replace(FAMILY[0], surname="Corretti"), *FAMILY[1:])))
    discloser = register.discloser()
    step_through(discloser)
    erase(register, ANNA)
    register.tell(referred("cpi", ANNA))
    register.tell(referred("cpi", BRUNO))
    step_through(discloser)
    last = data_of(register.messages("cpi"), told[1])["members"]
    assert [entry["surname"] for entry in last] == [{"erased": True}, "Inventati"]
