"""What can be asked of a case: to put a fact on record.

An act states a fact without what the rules compute of it; :func:`domain.case.decide.decide` answers with
the facts to record, or refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.case.events import CaseEvent
from domain.fact import Recorder
from domain.rules.sanctions import PROTOCOL


@dataclass(frozen=True, slots=True)
class Act:
    """An agency states a fact."""

    by: Recorder
    states: CaseEvent


@dataclass(frozen=True, slots=True)
class Law:
    """What stands outside the case and bears on it: the protocol in force and the choice of the Ambito.

    ``setting`` is PROTOCOLLO-ADI where the Ambito runs the protocol as signed, ADI-2023 for the statute
    alone. ``protocol_until`` is the first day on which the protocol no longer holds.
    """

    protocol_from: date | None = None
    protocol_until: date | None = None
    setting: str = PROTOCOL
