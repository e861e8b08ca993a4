"""One door: what an agency, or a unit of it, may know of a fact. Nothing, unless a cell and a ground say so.

The cells stand with the events (:mod:`domain.case.events` and the others). What links a recipient to a case
stands in :mod:`.links`, what each ground of a cell opens in ``grounds``, what stays hidden all the same in
``masks``.

A ground is judged on the case as it was when the fact was recorded: a team, a referral, a residence, a line
of a signed patto. Masks are stricter than cells: where the two disagree the stricter wins. What an erasure
left unreadable opens nothing, and hides whatever it might have hidden.
"""

from domain.disclosure.door import Shown, agency_shown, disclose, disclose_protocol, masked
from domain.disclosure.links import grounds  # hides the folder of that name: name what you want of it
from domain.disclosure.masks.mask import HEALTH_SERVICE, OTHER_SERVICE
from domain.disclosure.order import (
    NEW_VALUE,
    Disclosed,
    Had,
    as_sent,
    entitled,
    late,
    may_receive,
    opened,
    readable,
    recall,
    step,
)

__all__ = [
    "HEALTH_SERVICE",
    "NEW_VALUE",
    "OTHER_SERVICE",
    "Disclosed",
    "Had",
    "Shown",
    "agency_shown",
    "as_sent",
    "disclose",
    "disclose_protocol",
    "entitled",
    "grounds",
    "late",
    "masked",
    "may_receive",
    "opened",
    "readable",
    "recall",
    "step",
]
