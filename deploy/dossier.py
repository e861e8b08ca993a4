"""The dossier of a measure, made at the machine of the Ambito; the read is noted as any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from api.dossiers.forms import as_bundle, as_json, as_page, as_paper
from api.noted import note_read
from api.who import MACHINE, Who
from deploy.keys import ed25519
from deploy.settings import Settings
from domain.dossier import Dossier, Redaction, dossier
from domain.ledger.dossiers import latest, moments, record_of
from domain.ledger.store import Log
from domain.refused import Refused


class NoDossier(Exception):
    """There is none to be made; the text says why."""


def made(
    log: Log, settings: Settings, measure_id: UUID, reader: Redaction, as_of: datetime | None, form: str
) -> tuple[Dossier, bytes]:
    """A dossier in one of :data:`FORMS`, as known at an instant; now, where that is left out.

    Raises NoDossier, NotSignedYet (of a bundle), Unprintable (of a paper).
    """
    pool = log.recorder.pool
    _, now = moments(pool)
    if as_of is not None and as_of > now:
        raise NoDossier("--as-of: that instant has not come yet")
    cases = log.measures.cases_of(measure_id)
    if not cases:
        raise NoDossier(f"no measure {measure_id} is on record")
    at = as_of or latest(pool, reader)
    try:
        found = dossier(record_of(log, pool, settings.law, cases[0], measure_id, at), measure_id, at, reader)
    except Refused as refused:
        raise NoDossier(refused.because) from None
    return found, FORMS[form](found, log, settings)


def note(log: Log, by: UUID, found: Dossier) -> None:
    """The read, in the access log of the case: later than the instant that the dossier speaks of."""
    who = Who(agency="ats", role=MACHINE, purpose="ACCESS", subject=by)
    _, now = moments(log.recorder.pool)
    note_read(log, now, who, found.case_id, [moment.event_id for moment in found.timeline], found.as_of)


def _bundle(found: Dossier, log: Log, settings: Settings) -> bytes:
    return as_bundle(found, log, log.recorder.pool, settings.ambito, ed25519(settings.signing_key))


FORMS: dict[str, Callable[[Dossier, Log, Settings], bytes]] = {
    "bundle": _bundle,
    "html": lambda found, *_: as_page(found),
    "pdf": lambda found, *_: as_paper(found),
    "json": lambda found, *_: as_json(found),
}
