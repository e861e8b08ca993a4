"""The log of the Ambito, on the ``eventsourcing`` library: acts go in, facts come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, OperationalError

from domain.access.decide import decide as decide_access
from domain.access.state import fold as fold_access
from domain.case import events as e
from domain.case.commands import Act, Law
from domain.case.decide import decide as decide_case
from domain.case.state import Case, fold
from domain.contract import BadValue, contract_of
from domain.extract import bound
from domain.fact import Fact
from domain.ledger import people
from domain.ledger.access_logs import AccessLogs, access_to
from domain.ledger.again import says_nothing_of_items
from domain.ledger.closed import ClosedFact
from domain.ledger.context import Context, fact_of
from domain.ledger.erased import alone_in
from domain.ledger.keys import KeyDestroyed
from domain.ledger.mapper import Entry, LedgerEvent, LedgerMapper
from domain.ledger.measures import Measures
from domain.ledger.reading import is_in_hand
from domain.ledger.recorder import (
    ClaimTaken,
    Command,
    LedgerRecorder,
    Outcome,
    Pending,
    Pool,
)
from domain.ledger.rule_texts import RuleTexts
from domain.ledger.seal import Keys
from domain.ledger.warm import AtHand, Stream, Warm
from domain.protocol.decide import decide as decide_protocol
from domain.protocol.law import under
from domain.protocol.state import Protocol
from domain.protocol.state import fold as fold_protocol
from domain.refused import Refused
from domain.replay import DECISIONS, rules_of
from domain.rules.rule_set import RuleSet
from domain.table.decide import decide as decide_table
from domain.table.state import Table
from domain.table.state import fold as fold_table

PROTOCOL = uuid5(NAMESPACE_URL, "urn:ambito:protocol")
"""The one stream of the protocol, its signatories and its successors."""

TABLE = uuid5(NAMESPACE_URL, "urn:ambito:table")
"""The one stream of the Tavolo di coordinamento."""


RESTS_ON_LAW = (
    e.ObligationEvaluated,
    e.InfractionAscertained,
    e.TermLapsed,
    e.PattoDrafted,
    e.SupportActivated,
    e.PucAssigned,
    e.FormalReminderIssued,
    e.SanctionProposalOpened,
    e.Ordered,
)
"""Acts that are decided on what stands outside their case: the protocol, agreements, PUC, requests."""

NEVER = (date.max, date.min)
"""Days of an assignment that was voided: none."""

ATTEMPTS = 64
"""Times an act is decided again after a lost race. Each time another act won: a bound, not a wait."""


class Stale(Exception):
    """The case is no longer at the version that the client saw. ``version`` is where it is now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"at version {version}")
        self.version = version


class KeyReused(Exception):
    """The same command id came with another body."""


class Unknown(Exception):
    """No such stream."""


class Unreadable(Exception):
    """A fact of the log that cannot be read: its values were damaged, or a later version wrote it.

    ``error`` says why; its text may quote values.
    """

    def __init__(self, position: int, case_id: UUID, error: Exception) -> None:
        super().__init__(f"at position {position}")
        self.position, self.case_id, self.error = position, case_id, error


@dataclass(frozen=True, slots=True)
class _Decision:
    """Facts to record, the claim that they take or free, and the rule sets that they name."""

    events: Sequence[Any]
    takes: str | None = None
    frees: str | None = None
    rules: Sequence[RuleSet] = ()


class Log(Application[UUID]):
    """The authoritative log. Thread-safe: every act folds its stream anew."""

    recorder: LedgerRecorder
    mapper: LedgerMapper

    def __init__(self, pool: Pool, keys: Keys) -> None:
        self._pool, self.keys = pool, keys
        self.rule_texts = RuleTexts(pool)
        self.measures = Measures(pool)
        super().__init__()
        self._at_hand = AtHand()
        self._warm = Warm(self.recorder, self.mapper, self._at_hand)
        self.access_logs = AccessLogs(self.recorder, self.mapper)

    def read_through(self, pool: Pool) -> Log:
        """The same log as other connections show it: of a reader the streams that are hers alone.

        What is of no case is shared: which measures there are, the texts of the rules. So are the facts at
        hand, for the case that the reader has in hand, once her own connection confirms that she has it.
        """
        log = Log(pool, self.keys)
        log.measures, log.rule_texts = self.measures, self.rule_texts
        log._warm = Warm(log.recorder, log.mapper, self._at_hand, whole=is_in_hand)
        return log

    def construct_mapper(self) -> LedgerMapper:
        return LedgerMapper(self.keys)

    def construct_recorder(self) -> LedgerRecorder:
        return LedgerRecorder(self._pool)

    # --- reading ---------------------------------------------------------------------------------

    def entries(self, stream_id: UUID, up_to: int | None = None) -> list[Entry]:
        """The facts of a stream, in clear, with their values as stored; those up to a position of the log."""
        stored = self.recorder.select_events(stream_id)
        if up_to is not None:
            stored = [event for event in stored if event.position <= up_to]
        return self.mapper.entries(stored)

    def facts(self, stream_id: UUID, after: int = 0) -> list[Fact[Any]]:
        """The facts of a stream, in clear; only those after a version, where one is given."""
        return [fact for fact in self.stream(stream_id).facts if fact.version > after]

    def stream(self, stream_id: UUID) -> Stream:
        """A stream as the log has it now; one without facts where there is none."""
        return self._warm.stream(stream_id)

    def case(self, case_id: UUID) -> Case:
        """The case as it stands. Raises Unknown."""
        stream = self.stream(case_id)
        if not _of_a_case(stream.facts):
            raise Unknown(case_id)
        return stream.case

    def with_tax_code(self, tax_code: str) -> list[tuple[UUID, UUID]]:
        """The members with a codice fiscale, now or before a correction: member and case."""
        found = people.holding(tax_code, self._pool, self.keys)
        return [(who, case) for who, case in found if people.has(who, tax_code, self.facts(case))]

    def protocol(self) -> Protocol:
        """The protocol as it stands; an empty one where none was signed."""
        return fold_protocol(self.facts(PROTOCOL))

    def table(self) -> Table:
        """The Tavolo as it stands."""
        return fold_table(self.facts(TABLE))

    def after(self, position: int, limit: int) -> list[Entry]:
        """The log after a position, in its one order, up to a fact that cannot be read.

        Raises Unreadable where it is the first one.
        """
        stored = self.recorder.select_after(position, limit)
        try:
            return self.mapper.entries(stored)
        except Exception as error:
            if says_nothing_of_items(error):
                raise
        return self._readable(stored)

    def _readable(self, stored: Sequence[LedgerEvent]) -> list[Entry]:
        entries: list[Entry] = []
        for event in stored:
            try:
                entries += self.mapper.entries([event])
            except Exception as error:
                if says_nothing_of_items(error):
                    raise
                if not entries:
                    stream_id = event.originator_id
                    assert isinstance(stream_id, UUID)
                    raise Unreadable(event.position, stream_id, error) from None
                break
        return entries

    def unopened(self, position: int, limit: int) -> list[Entry]:
        """The same, each fact opened when somebody asks what is in it, and without its values as stored."""
        rows = self.recorder.select_after(position, limit)
        return [Entry(ClosedFact(row, self.mapper.fact), {}) for row in rows]

    # --- acting ----------------------------------------------------------------------------------

    def act(
        self,
        case_id: UUID,
        stated: Any,
        context: Context,
        *,
        law: Law,
        if_version: int | None = None,
        may: Callable[[Case], None] = lambda _: None,
    ) -> Outcome:
        """Decide and record an act on a case.

        ``law`` holds the settings of the Ambito; the protocol in force is read here, for the acts that
        rest on it. ``may`` raises where the case, as the act is decided on it, is not the caller's to act on.
        Raises Refused, Stale, KeyReused, Unknown.
        """

        def admitted(stream: Stream) -> None:
            if _of_a_case(stream.facts):
                may(stream.case)
            elif stream.facts or not isinstance(stated, e.CaseReferred):
                raise Unknown(case_id)

        def decided(stream: Stream) -> _Decision:
            case, now = stream.case, self._law(law, case_id, stated)
            if isinstance(stated, e.PersonalDataErased):
                alone_in(case_id, stated.member_id, self._pool)
            act = Act(context.by, stated, context.known_on)
            events = [bound(event, stream.facts) for event in decide_case(act, now, case)]
            if events and isinstance(stated, e.PucAssigned):
                # The next assignment to this PUC: of two made at once, one is decided again.
                return _Decision(events, takes=f"puc/{stated.puc_id}/{len(now.pucs[stated.puc_id].taken)}")
            rules = [rules_of(event, case, now) for event in events if isinstance(event, DECISIONS)]
            return _Decision(events, *_claims(events, case), rules)

        return self._decide_and_append(case_id, decided, context, if_version, admitted)

    def act_on_protocol(self, stated: Any, context: Context, *, if_version: int | None = None) -> Outcome:
        """Decide and record an act on the protocol."""

        def decided(stream: Stream) -> _Decision:
            approved = self.table().approved_minutes
            return _Decision(decide_protocol(context.by, stated, fold_protocol(stream.facts), approved))

        return self._decide_and_append(PROTOCOL, decided, context, if_version)

    def act_on_table(self, stated: Any, context: Context, *, if_version: int | None = None) -> Outcome:
        """Decide and record an act of the Tavolo."""

        def decided(stream: Stream) -> _Decision:
            return _Decision(decide_table(context.by, stated, fold_table(stream.facts), self.protocol()))

        return self._decide_and_append(TABLE, decided, context, if_version)

    def act_on_access(
        self,
        case_id: UUID,
        stated: Any,
        context: Context,
        *,
        if_version: int | None = None,
        may: Callable[[Case], None] = lambda _: None,
    ) -> Outcome:
        """Decide and record what concerns the access to a case file, in its access log. Raises Unknown."""
        case = self.case(case_id)

        def decided(stream: Stream) -> _Decision:
            access = fold_access(stream.facts)
            return _Decision(decide_access(context.by, stated, access, case_id, case, context.known_on))

        return self._decide_and_append(
            access_to(case_id),
            decided,
            context,
            if_version,
            admitted=lambda _: may(case),
            read=lambda: self.access_logs.requests(case_id),
        )

    def tell(self, told: Sequence[tuple[UUID, int, Any]], context: Context) -> None:
        """Facts of several streams, each with the version that it follows: all of them, or none.

        Raises IntegrityError where another act was first.
        """
        self.save(*(Entry(fact_of(event, stream, after + 1, context), {}) for stream, after, event in told))

    def _law(self, law: Law, case_id: UUID, stated: Any) -> Law:
        """The settings of the Ambito with what is on record outside the case, where an act rests on it."""
        if not isinstance(stated, RESTS_ON_LAW):
            return law
        law = under(self.protocol(), law)
        if isinstance(stated, e.PucAssigned) and stated.puc_id in law.pucs:
            puc = replace(law.pucs[stated.puc_id], taken=self._taken(stated.puc_id))
            return replace(law, pucs={**law.pucs, stated.puc_id: puc})
        if isinstance(stated, e.TermLapsed) and stated.term_id == "D13":
            return replace(law, unanswered=self.access_logs.state(case_id).overdue())
        return law

    def _taken(self, puc_id: UUID) -> tuple[tuple[date, date | None], ...]:
        """The assignments to a PUC in all cases, as corrected; one that was voided keeps its number."""
        taken: list[tuple[date, date | None]] = []
        for case_id in self.recorder.streams_with(contract_of(e.PucAssigned).name):
            facts = self.facts(case_id)
            standing = {fact.event_id: fact.event for fact in fold(facts).all(e.PucAssigned)}
            for fact in facts:
                if isinstance(fact.event, e.PucAssigned) and fact.event.puc_id == puc_id:
                    stands = standing.get(fact.event_id)
                    taken.append((stands.start_on, stands.end_on) if stands else NEVER)
        return tuple(taken)

    def _decide_and_append(
        self,
        stream_id: UUID,
        decided: Callable[[Stream], _Decision],
        context: Context,
        if_version: int | None,
        admitted: Callable[[Stream], None] = lambda _: None,
        read: Callable[[], Stream] | None = None,
    ) -> Outcome:
        """Whether the command was carried out before is asked only where something stands in its way.

        The append lets no command through twice, and nearly all are new.
        """
        for _ in range(ATTEMPTS):
            try:
                stream = read() if read else self.stream(stream_id)
                return self._try_once(stream_id, stream, decided, context, if_version, admitted)
            except IntegrityError:
                # Another act of the stream was first: decide again; or this command: its answer is ours.
                if earlier := self.earlier(context.command):
                    return earlier
            except Exception:
                # A retry needs neither version nor right: what was carried out is told again.
                if earlier := self.earlier(context.command):
                    return earlier
                raise
        raise OperationalError("too many writers on one case")

    def _try_once(
        self,
        stream_id: UUID,
        stream: Stream,
        decided: Callable[[Stream], _Decision],
        context: Context,
        if_version: int | None,
        admitted: Callable[[Stream], None],
    ) -> Outcome:
        admitted(stream)
        version = stream.version
        if if_version is not None and if_version != version:
            raise Stale(version)
        decision = decided(stream)
        entries = [
            Entry(fact_of(event, stream_id, version + n, context), {})
            for n, event in enumerate(decision.events, start=1)
        ]
        try:
            people.name(stream_id, decision.events, self._pool, self.keys)
            for rules in decision.rules:
                self.rule_texts.keep(rules)
            return self.recorder.append(
                Pending(
                    stream_id,
                    version + len(entries),
                    command=context.command,
                    takes=decision.takes,
                    frees=decision.frees,
                    seal=lambda: [self.mapper.to_stored_event(entry) for entry in entries],
                )
            )
        except ClaimTaken:
            if decision.takes and decision.takes.startswith("puc/"):
                raise IntegrityError("another assignment to this PUC was first") from None
            raise Refused("CASE_ALREADY_OPEN", "this household has an open case for this benefit") from None
        except KeyDestroyed:
            raise Refused("PERSON_ERASED", "this person was erased: nothing new is recorded") from None
        except BadValue as error:
            raise Refused("BAD_VALUE", str(error)) from None

    def earlier(self, command: Command) -> Outcome | None:
        """What this command led to before. Raises KeyReused where it came with another body."""
        earlier = self.recorder.outcome_of(command.client, command.command_id)
        if earlier and earlier.body_digest != command.body_digest:
            raise KeyReused
        return earlier


def _of_a_case(facts: Sequence[Fact[Any]]) -> bool:
    """Whether these are the facts of a case, and not of the protocol, the Tavolo or an access log."""
    return bool(facts) and contract_of(facts[0].event).aggregate == "case"


def _claims(events: Sequence[Any], case: Case) -> tuple[str | None, str | None]:
    """One open case per household and benefit: taken when it is referred, freed when it is closed."""
    takes = frees = None
    for event in events:
        if isinstance(event, e.CaseReferred):
            takes = _claim(event)
        elif isinstance(event, e.CaseClosed) and case.referral:
            frees = _claim(case.referral)
        elif isinstance(event, e.EventCorrected) and case.referral and _reopens(event, case):
            takes = _claim(case.referral)
    return takes, frees


def _reopens(correction: e.EventCorrected, case: Case) -> bool:
    """A closure that is voided opens the case again, where no other one was opened meanwhile."""
    return correction.voids and isinstance(case.facts[correction.corrects_event_id].event, e.CaseClosed)


def _claim(referral: e.CaseReferred) -> str:
    return f"case/{referral.household_id}/{referral.benefit}"
