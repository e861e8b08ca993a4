"""The log of the Ambito, on the ``eventsourcing`` library: acts go in, facts come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, OperationalError

from domain.case.commands import Act, Law
from domain.case.decide import decide as decide_case
from domain.case.events import (
    CaseClosed,
    CaseReferred,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EventCorrected,
    SanctionProposalOpened,
)
from domain.case.state import Case, fold
from domain.contract import BadValue, Json
from domain.fact import Fact, Recorder
from domain.ledger.ids import event_id
from domain.ledger.keys import KeyDestroyed
from domain.ledger.mapper import Entry, LedgerMapper
from domain.ledger.recorder import (
    ClaimTaken,
    Command,
    LedgerRecorder,
    Outcome,
    Pending,
    Pool,
)
from domain.ledger.seal import Keys
from domain.protocol.decide import decide as decide_protocol
from domain.protocol.state import Protocol
from domain.protocol.state import fold as fold_protocol
from domain.refused import Refused

PROTOCOL = uuid5(NAMESPACE_URL, "urn:ambito:protocol")
"""The one stream of the protocol, its signatories and its successors."""

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


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an act: who, when it was learnt, for what purpose, and which command it is."""

    by: Recorder
    known_on: date
    purpose: str
    command: Command
    correlation_id: UUID
    causation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Decision:
    """Facts to record, and the claim that they take or free."""

    events: Sequence[Any]
    takes: str | None = None
    frees: str | None = None


class Log(Application[UUID]):
    """The authoritative log. Thread-safe: every act folds its stream anew."""

    recorder: LedgerRecorder
    mapper: LedgerMapper

    def __init__(self, pool: Pool, keys: Keys) -> None:
        self._pool, self.keys = pool, keys
        super().__init__()

    def construct_mapper(self) -> LedgerMapper:
        return LedgerMapper(self.keys)

    def construct_recorder(self) -> LedgerRecorder:
        return LedgerRecorder(self._pool)

    # --- reading ---------------------------------------------------------------------------------

    def entries(self, stream_id: UUID) -> list[Entry]:
        """The facts of a stream, in clear, with their values as stored."""
        return [_entry(found) for found in self.events.get(stream_id)]

    def facts(self, stream_id: UUID) -> list[Fact[Any]]:
        """The facts of a stream, in clear."""
        return [entry.fact for entry in self.entries(stream_id)]

    def case(self, case_id: UUID) -> Case:
        """The case as it stands. Raises Unknown."""
        facts = self.facts(case_id)
        if not facts:
            raise Unknown(case_id)
        return fold(facts)

    def protocol(self) -> Protocol:
        """The protocol as it stands; an empty one where none was signed."""
        return fold_protocol(self.facts(PROTOCOL))

    def after(self, position: int, limit: int) -> list[Entry]:
        """The log after a position, in its one order."""
        return [self.mapper.to_domain_event(stored) for stored in self.recorder.select_after(position, limit)]

    # --- acting ----------------------------------------------------------------------------------

    def act(
        self, case_id: UUID, stated: Any, context: Context, *, law: Law, if_version: int | None = None
    ) -> Outcome:
        """Decide and record an act on a case.

        ``law`` holds the settings of the Ambito; the protocol in force is read here, for the acts that
        rest on it. Raises Refused, Stale, KeyReused, Unknown.
        """
        if isinstance(stated, SanctionProposalOpened | DecurtazioneOrdered | DecadenzaOrdered):
            protocol = self.protocol()
            law = replace(law, protocol_from=protocol.effective_on, protocol_until=protocol.ended_on)

        def decided(facts: Sequence[Fact[Any]]) -> _Decision:
            if not facts and not isinstance(stated, CaseReferred):
                raise Unknown(case_id)
            case = fold(facts)
            events = decide_case(Act(context.by, stated), law, case)
            return _Decision(events, *_claims(events, case))

        return self._decide_and_append(case_id, decided, context, if_version)

    def act_on_protocol(self, stated: Any, context: Context, *, if_version: int | None = None) -> Outcome:
        """Decide and record an act on the protocol."""

        def decided(facts: Sequence[Fact[Any]]) -> _Decision:
            return _Decision(decide_protocol(context.by, stated, fold_protocol(facts)))

        return self._decide_and_append(PROTOCOL, decided, context, if_version)

    def _decide_and_append(
        self,
        stream_id: UUID,
        decided: Callable[[Sequence[Fact[Any]]], _Decision],
        context: Context,
        if_version: int | None,
    ) -> Outcome:
        for _ in range(ATTEMPTS):
            if earlier := self._earlier(context.command):
                return earlier
            try:
                return self._try_once(stream_id, decided, context, if_version)
            except IntegrityError:
                continue  # another act of the stream, or a twin of this command, was first
            except (Stale, Refused):
                # A twin may have been carried out since we looked: then its answer is ours too.
                if earlier := self._earlier(context.command):
                    return earlier
                raise
        raise OperationalError("too many writers on one case")

    def _try_once(
        self,
        stream_id: UUID,
        decided: Callable[[Sequence[Fact[Any]]], _Decision],
        context: Context,
        if_version: int | None,
    ) -> Outcome:
        facts = self.facts(stream_id)
        version = facts[-1].version if facts else 0
        if if_version is not None and if_version != version:
            raise Stale(version)
        decision = decided(facts)
        entries = [
            Entry(_fact(event, stream_id, version + n, context), {})
            for n, event in enumerate(decision.events, start=1)
        ]
        try:
            stored = [self.mapper.to_stored_event(entry) for entry in entries]
            return self.recorder.append(
                Pending(
                    stream_id,
                    version + len(entries),
                    stored,
                    context.command,
                    decision.takes,
                    decision.frees,
                )
            )
        except ClaimTaken:
            raise Refused("CASE_ALREADY_OPEN", "this household has an open case for this benefit") from None
        except KeyDestroyed:
            raise Refused("PERSON_ERASED", "this person was erased: nothing new is recorded") from None
        except BadValue as error:
            raise Refused("BAD_VALUE", str(error)) from None

    def _earlier(self, command: Command) -> Outcome | None:
        earlier = self.recorder.outcome_of(command.client, command.command_id)
        if earlier and earlier.body_digest != command.body_digest:
            raise KeyReused
        return earlier


def _fact(event: Any, stream_id: UUID, version: int, context: Context) -> Fact[Any]:
    return Fact(
        event_id=event_id(),
        case_id=stream_id,
        version=version,
        event=event,
        recorder=context.by,
        known_on=context.known_on,
        purpose=context.purpose,
        command_id=context.command.command_id,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
    )


def _claims(events: Sequence[Any], case: Case) -> tuple[str | None, str | None]:
    """One open case per household and benefit: taken when it is referred, freed when it is closed."""
    takes = frees = None
    for event in events:
        if isinstance(event, CaseReferred):
            takes = _claim(event)
        elif isinstance(event, CaseClosed) and case.referral:
            frees = _claim(case.referral)
        elif isinstance(event, EventCorrected) and case.referral and _reopens(event, case):
            takes = _claim(case.referral)
    return takes, frees


def _reopens(correction: EventCorrected, case: Case) -> bool:
    """A closure that is voided opens the case again, where no other one was opened meanwhile."""
    return correction.voids and isinstance(case.facts[correction.corrects_event_id].event, CaseClosed)


def _claim(referral: CaseReferred) -> str:
    return f"case/{referral.household_id}/{referral.benefit}"


def _entry(found: Json) -> Entry:
    assert isinstance(found, Entry)
    return found
