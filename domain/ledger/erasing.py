"""The erasure of a person: recorded in every case that holds them, then carried out, come what may.

The fact in the log decides. From then on whoever follows the log, or starts, destroys the key before it goes
on: a step that was lost in a crash, or undone by a restore of the key file, is taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError, OperationalError

from domain.case import events as e
from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.rulings.erasure import is_erased, keeps_household, left_nobody, told_of
from domain.case.state import fold
from domain.ledger.context import Context
from domain.ledger.erased import ERASURE, cases_of, key_of_household, key_of_person
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry
from domain.ledger.recorder import Pool
from domain.ledger.store import ATTEMPTS, Log
from domain.refused import Refused


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure comes to: in each case the facts that hold what it takes.

    ``recorded`` are the cases in which it is on record already; ``kept`` those that are open, and so keep
    what is of the household as a whole, though nobody of it is left.
    """

    member_id: UUID
    facts: dict[UUID, tuple[UUID, ...]]
    recorded: tuple[UUID, ...]
    kept: tuple[UUID, ...]


Ground = str
"""REQUEST, RETENTION_ENDED or UNLAWFUL, as in PersonalDataErased."""


def plan(log: Log, member_id: UUID, ground: Ground, law: Law, context: Context) -> Erasure:
    """What :func:`record` would record. Raises Refused, for a hold in any of the cases too."""
    _, erasure = _decided(log, member_id, ground, law, context)
    return erasure


def record(log: Log, member_id: UUID, ground: Ground, law: Law, context: Context) -> Erasure:
    """Put an erasure on record in every case of a person, all at once. Nothing where it is there already.

    Raises Refused: UNKNOWN_MEMBER for who is in no case, LEGAL_HOLD where one of them keeps the person.
    """
    for _ in range(ATTEMPTS):
        told, erasure = _decided(log, member_id, ground, law, context)
        try:
            if told:
                log.tell(told, context)
        except IntegrityError:
            continue  # another act of one of the cases was first: it may be one that holds
        return erasure
    raise OperationalError("too many writers on these cases")


def _decided(
    log: Log, member_id: UUID, ground: Ground, law: Law, context: Context
) -> tuple[list[tuple[UUID, int, e.PersonalDataErased]], Erasure]:
    told: list[tuple[UUID, int, e.PersonalDataErased]] = []
    recorded: list[UUID] = []
    kept: list[UUID] = []
    cases = cases_of(member_id, log.recorder.pool)
    if not cases:
        raise Refused("UNKNOWN_MEMBER", "no case holds anything personal of this person")
    for case_id in cases:
        facts = log.facts(case_id)
        goes = told_of(member_id, facts)
        if keeps_household(member_id, facts):
            kept.append(case_id)
        if not goes and is_erased(member_id, facts):
            recorded.append(case_id)
            continue
        stated = e.PersonalDataErased(
            member_id=member_id,
            erased_event_ids=goes,
            ground=ground,  # type: ignore[arg-type]
            erased_on=context.known_on,
        )
        try:
            events: Sequence[Any] = decide(Act(context.by, stated, context.known_on), law, fold(facts))
        except Refused as refused:
            raise Refused(refused.rule, f"case {case_id}: {refused.because}") from None
        told += [(case_id, facts[-1].version, event) for event in events]
    named = {case_id: event.erased_event_ids for case_id, _, event in told}
    return told, Erasure(member_id, named, tuple(recorded), tuple(kept))


# --- carried out -----------------------------------------------------------------------------------------


def carry_out(member_id: UUID, log: Log, keys: KeyFile) -> None:
    """Note an erasure in the register, with whose codice fiscale it was forgotten, and destroy the keys.

    The register comes first: what is destroyed is always in it. Safe to repeat.
    """
    key_ids = keys_of_erasure(member_id, log)
    with log.recorder.pool.connection() as connection:
        for key_id in key_ids:
            connection.execute("select ledger.note_erasure(%s)", [key_id])
    _destroy(key_ids, keys)


def destroy(member_id: UUID, log: Log, keys: KeyFile) -> None:
    """Destroy the keys of who was erased, for who may not write the register. Safe to repeat."""
    _destroy(keys_of_erasure(member_id, log), keys)


def keys_of_erasure(member_id: UUID, log: Log) -> list[str]:
    """The keys that erasures on record destroy: of households of which they left nobody, and the person's.

    That one comes last, so that its row in the register says that all are there.
    """
    cases = [case_id for who, case_id, _ in _on_record(log.recorder.pool) if who == member_id]
    alone = [case_id for case_id in cases if left_nobody(log.facts(case_id))]
    return [*(key_of_household(case_id) for case_id in alone), key_of_person(member_id)]


def _destroy(key_ids: Iterable[str], keys: KeyFile) -> None:
    for key_id in keys.states(key_ids).present:
        keys.destroy(key_id)
    # One that this file never heard of must not be made anew either.
    for key_id in keys.states(key_ids).unknown:
        keys.destroy(key_id)
    # One may have been destroyed by a process that died before its bytes were overwritten.
    keys.overwrite()


def destroy_again(pool: Pool, keys: KeyFile) -> list[str]:
    """Destroy the keys of all who were erased, as far as they are there again; their ids.

    To be called before anything is served: a key file that was restored holds keys destroyed since.
    """
    key_ids = erased_keys(pool, keys)
    present = sorted(keys.states(key_ids).present)
    if key_ids:
        _destroy(key_ids, keys)
    return present


def erased_keys(pool: Pool, keys: KeyFile) -> frozenset[str]:
    """The keys of all who were erased: by the register, and by the log where a crash came before it."""
    registered = frozenset(_registered(pool))
    broken_off = {
        who
        for who, case_id, times in _on_record(pool)
        if key_of_person(who) not in registered
        # One that was recorded again took what is of the household.
        or (times > 1 and key_of_household(case_id) not in registered)
    }
    log = Log(pool, keys) if broken_off else None
    return registered.union(*(keys_of_erasure(who, log) for who in broken_off if log))


def past_erasures(
    after: Callable[[int, int], list[Entry]], done: Callable[[UUID], None]
) -> Callable[[int, int], list[Entry]]:
    """How a follower reads the log: ``done`` carries out each erasure that it meets, before it goes on.

    ``after`` reads, e.g. ``Log.after``. So nothing is derived from the values of an erased person once the
    log says that they are erased.
    """

    def read(position: int, limit: int) -> list[Entry]:
        entries = after(position, limit)
        gone = [entry.fact.event.member_id for entry in entries if _erases(entry)]
        for member_id in gone:
            done(member_id)
        return after(position, len(entries)) if gone else entries

    return read


def _erases(entry: Entry) -> bool:
    return entry.fact.kind is e.PersonalDataErased


def _registered(pool: Pool) -> list[str]:
    with pool.connection() as connection:
        return [key_id for (key_id,) in connection.execute("select key_id from ledger.erasures").fetchall()]


def _on_record(pool: Pool) -> list[tuple[UUID, UUID, int]]:
    """Who was erased in which case, and how many times that is on record."""
    query = f"""
        select (convert_from(sealed, 'UTF8')::jsonb ->> 'member_id')::uuid, stream_id, count(*)
          from ledger.events where type like '{ERASURE}.v%' group by 1, 2 order by 1, 2"""
    with pool.connection() as connection:
        return connection.execute(query.encode()).fetchall()
