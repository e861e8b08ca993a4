"""A declaration that does not hold: the Comune finds it, INPS takes the benefit back."""

from __future__ import annotations

from deploy.demo import breach
from deploy.demo.life import Life, close, first_meeting, open_case
from deploy.demo.offices import clerk


def mendacious(life: Life) -> None:
    """A member was left out of the declaration. The finding is one act, the infraction another."""
    open_case(life)
    first_meeting(life)
    life.wait(20, 60)
    who = life.household.applicant
    check = {"subject": "HOUSEHOLD", "outcome": "INCONSISTENT", "checked_on": life.today}
    by = clerk(life.household.comune)
    life.tell("record_declaration_check", by, {"member_id": str(who.id)} | check)
    life.wait(2, 8)
    found = breach.ascertain(life, "FALSE_DECLARATION", "controllo del Comune sulle dichiarazioni", who=who)
    breach.ask_reason(life, found)
    breach.report_to_inps(life, found)
    breach.propose(life, found, "REVOCA")
    breach.tell_of_proceeding(life)
    breach.report_again(life, found)
    breach.order_revoca(life)
    close(life, "REVOCA")
