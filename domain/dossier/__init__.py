"""The dossier of a measure: the seventeen points that a judge, or an accesso agli atti, asks for.

A pure function of the log, the measure, an instant and a redaction. Each point is filled with the facts it
comes from, or says what is missing; nothing is filled in. What a reader may not read is not there: not
written and then covered. One file per group of points, in the order of the list; every value that a point
shows goes through :mod:`.reader`, which opens what :mod:`.opened` lets it.
"""

from domain.dossier.dossier import Dossier, dossier
from domain.dossier.parity import Comparable, comparable, comparable_by
from domain.dossier.record import Record, Shown
from domain.dossier.redaction import Judge, Member, Redaction, Signatory, redaction

__all__ = [
    "Comparable",
    "Dossier",
    "Judge",
    "Member",
    "Record",
    "Redaction",
    "Shown",
    "Signatory",
    "comparable",
    "comparable_by",
    "dossier",
    "redaction",
]
