"""What the protocol gives to the rules of a case: its days, the rungs decided, agreements and PUC."""

from __future__ import annotations

from dataclasses import replace

from domain.case.commands import Agreement, Law, Puc
from domain.protocol.events import RungsDecided
from domain.protocol.state import Protocol
from domain.rules.ladder import Measure, Rung, RungsDecision, months


def under(protocol: Protocol, law: Law) -> Law:
    """The settings of the Ambito, with what is on record of the protocol."""
    return replace(
        law,
        protocol_from=protocol.effective_on,
        protocol_until=protocol.ended_on,
        rungs=tuple(decision(decided) for decided in protocol.rungs),
        agreements=tuple(
            Agreement(signed.party, signed.kind, signed.from_on, signed.to_on)
            for signed in protocol.agreements.values()
        ),
        pucs={
            puc_id: Puc(
                puc.holder,
                puc.seats,
                puc.from_on,
                protocol.pucs_ended[puc_id].ended_on if puc_id in protocol.pucs_ended else None,
            )
            for puc_id, puc in protocol.pucs.items()
        },
    )


def decision(decided: RungsDecided) -> RungsDecision:
    """A decision of the Tavolo as the ladder reads it. Raises Refused for a rung that cannot be."""
    rungs = sorted(decided.rungs, key=lambda rung: rung.occurrence)
    return RungsDecision(
        rule_set=decided.rule_set,
        infraction=decided.infraction,
        rungs=tuple(Rung(Measure(rung.measure), months(rung.months_fraction)) for rung in rungs),
        counts_from=decided.counts_from,
        minutes_ref=decided.minutes_ref,
        decided_on=decided.decided_on,
    )
