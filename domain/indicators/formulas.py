"""The indicators I1 to I19 (DOMAIN section 10): what is divided by what.

A count takes observations of a population by their groups and marks; an indicator is a count, one count over
another, or the median of the days of a count. Where DOMAIN leaves a choice, ``formula`` says which was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Unit = Literal["ratio", "per_100", "days", "count"]
"""``per_100`` is a ratio times one hundred; ``days`` are calendar days, a median."""


@dataclass(frozen=True, slots=True)
class Atom:
    """Observations that no indicator tells apart: of one population and group, with the same marks."""

    population: str
    group: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many observations there are of an atom in a period, and from how many cases they come."""

    times: int
    cases: int


Tallies = Mapping[Atom, Tally]


@dataclass(frozen=True, slots=True)
class Count:
    """What a count takes: a population, where given only some groups, and what bears all these marks."""

    population: str
    groups: frozenset[str] | None = None
    marks: frozenset[str] = frozenset()

    def of(self, atoms: Iterable[Atom]) -> frozenset[Atom]:
        return frozenset(
            atom
            for atom in atoms
            if atom.population == self.population
            and (self.groups is None or atom.group in self.groups)
            and self.marks <= atom.marks
        )

    def within(self, group: str) -> Count:
        return replace(self, groups=frozenset({group}))


@dataclass(frozen=True, slots=True)
class Indicator:
    """One measure of an indicator; I8, I14 and I18 have two.

    A count has no denominator, a median no numerator: its denominator is what the median is taken of.
    ``by`` names its breakdown; ``common``: its groups share one denominator. ``part``: the numerator is
    part of the denominator, so that the rest is a count as well.
    """

    id: str
    measure: str
    title: str
    formula: str
    legal_ref: str
    unit: Unit
    numerator: Count | None = None
    denominator: Count | None = None
    by: str | None = None
    common: bool = False
    part: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of an answer: of a whole indicator, or of one group of its breakdown."""

    indicator: Indicator
    group: str | None = None

    @property
    def numerator(self) -> Count | None:
        return self._within(self.indicator.numerator)

    @property
    def denominator(self) -> Count | None:
        shared = self.indicator.common
        return self.indicator.denominator if shared else self._within(self.indicator.denominator)

    def _within(self, count: Count | None) -> Count | None:
        return count.within(self.group) if count and self.group is not None else count


def cells_of(indicator: Indicator, atoms: Iterable[Atom]) -> list[Cell]:
    """The whole first, then each group that anything was observed of."""
    if indicator.by is None:
        return [Cell(indicator)]
    split = indicator.numerator if indicator.common else indicator.denominator or indicator.numerator
    assert split is not None
    groups = sorted({atom.group for atom in split.of(atoms)})
    return [Cell(indicator), *(Cell(indicator, group) for group in groups)]


def times(atoms: Iterable[Atom], tallies: Tallies) -> int:
    return sum(tallies[atom].times for atom in atoms)


def value_of(cell: Cell, tallies: Tallies, median: float | None) -> float | int | None:
    """The figure itself; None for a share or a median of nothing."""
    above = times(cell.numerator.of(tallies), tallies) if cell.numerator else 0
    if cell.denominator is None:
        return above
    below = times(cell.denominator.of(tallies), tallies)
    if cell.indicator.unit == "days":
        return median if below else None
    if below == 0:
        return None
    return round(above * 100 / below, 2) if cell.indicator.unit == "per_100" else round(above / below, 4)


# --- the table ---------------------------------------------------------------------------------------------


def _count(population: str, *marks: str, groups: tuple[str, ...] = ()) -> Count:
    return Count(population, frozenset(groups) or None, frozenset(marks))


_OBLIGED = ("obliged",)
_RESULTS = ("obliged", "excluded", "voluntary")
_CONVOKED_OR_COMMITTED = ("CONVOCATION_MISSED", "COMMITMENT_MISSED")

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        id="I1",
        measure="first_meeting_in_term",
        title="Primo incontro nei termini",
        formula="casi con AppointmentHeld entro D1 / casi con D1 scaduto nel periodo",
        legal_ref="DL 48/2023 art. 4 cc. 4-5; DM 154/2023 art. 9 c. 2",
        unit="ratio",
        numerator=_count("first_meeting", "held"),
        denominator=_count("first_meeting"),
        by="duty_bearer",
    ),
    Indicator(
        id="I2",
        measure="suspended_without_convocation",
        title="Sospensioni senza convocazione recapitata",
        formula="sospensioni disposte nel periodo senza ConvocationDelivered entro D1 / sospensioni disposte",
        legal_ref="DM 154/2023 art. 9 c. 2",
        unit="ratio",
        numerator=_count("measure", "gap", groups=("SOSPENSIONE",)),
        denominator=_count("measure", groups=("SOSPENSIONE",)),
    ),
    Indicator(
        id="I3",
        measure="days_to_first_convocation",
        title="Giorni mediani dal PAD alla prima convocazione (obiettivo: 60)",
        formula="mediana(sent_at della prima convocazione - PadSigned), per prime convocazioni del periodo",
        legal_ref="raccomandazione MLPS (D1b)",
        unit="days",
        denominator=_count("first_convocation"),
    ),
    Indicator(
        id="I4",
        measure="days_meeting_to_patto",
        title="Giorni mediani dal primo incontro al patto",
        formula="mediana(primo PattoSigned - primo AppointmentHeld ai servizi sociali), firme del periodo",
        legal_ref="DL 48/2023 art. 4 c. 5; D.Lgs. 147/2017 art. 6 c. 1",
        unit="days",
        denominator=_count("first_patto"),
    ),
    Indicator(
        id="I5",
        measure="equipe_formed",
        title="Casi con équipe multidisciplinare",
        formula="casi con EquipeFormed / casi analizzati nel periodo",
        legal_ref="protocollo art. 5; DL 48/2023 art. 6 c. 2",
        unit="ratio",
        numerator=_count("analysis", "equipe"),
        denominator=_count("analysis"),
    ),
    Indicator(
        id="I6",
        measure="attendance",
        title="Presenza degli enti alle riunioni dell'équipe",
        formula="riunioni con almeno una persona dell'ente presente / riunioni convocate nel periodo",
        legal_ref="protocollo artt. 3, 5, 6",
        unit="ratio",
        numerator=_count("invitation", "attended"),
        denominator=_count("invitation"),
        by="agency",
    ),
    Indicator(
        id="I7",
        measure="core_roles",
        title="Équipe con tutti e tre i ruoli essenziali",
        formula="équipe senza ruoli essenziali mancanti / équipe costituite nel periodo",
        legal_ref="protocollo art. 5",
        unit="ratio",
        numerator=_count("team", "core"),
        denominator=_count("team"),
    ),
    Indicator(
        id="I8",
        measure="psp_in_term",
        title="Patti di servizio entro 60 giorni",
        formula="ServicePattoSigned entro D4b / avvii con D4b scaduto nel periodo, salvo i restituiti",
        legal_ref="DL 48/2023 art. 4 c. 5",
        unit="ratio",
        numerator=_count("referral", "psp_due", "psp"),
        denominator=_count("referral", "psp_due"),
        by="office",
    ),
    Indicator(
        id="I8",
        measure="convocation_in_term",
        title="Convocazioni del CPI entro 60 giorni",
        formula="MemberConvokedByCpi entro D4a / avvii con D4a scaduto nel periodo, salvo i restituiti",
        legal_ref="protocollo, premessa CPI",
        unit="ratio",
        numerator=_count("referral", "convocation_due", "convoked"),
        denominator=_count("referral", "convocation_due"),
        by="office",
    ),
    Indicator(
        id="I9",
        measure="updates_in_term",
        title="Aggiornamenti dei 90 giorni tenuti nei termini",
        formula="aggiornamenti entro D2 o D3 / aggiornamenti dovuti nel periodo",
        legal_ref="DL 48/2023 art. 4 cc. 4-5; DM 154/2023 art. 9 c. 2",
        unit="ratio",
        numerator=_count("update", "held"),
        denominator=_count("update"),
        by="agency",
    ),
    Indicator(
        id="I10",
        measure="infractions",
        title="Violazioni accertate ogni 100 componenti obbligati",
        formula="violazioni accertate del periodo / componenti obbligati all'ultimo giorno, per 100",
        legal_ref="DL 48/2023 art. 8 c. 6",
        unit="per_100",
        numerator=_count("infraction"),
        denominator=_count("adult", groups=_OBLIGED),
        by="infraction",
        common=True,
        part=False,
    ),
    Indicator(
        id="I11",
        measure="justified",
        title="Violazioni con giustificato motivo accolto",
        formula="JustifiedReasonDecided accolti / (AppointmentMissed + CommitmentMissed) del periodo",
        legal_ref="DL 48/2023 art. 8 c. 6",
        unit="ratio",
        numerator=_count("infraction", "justified", groups=_CONVOKED_OR_COMMITTED),
        denominator=_count("infraction", groups=_CONVOKED_OR_COMMITTED),
        by="infraction",
    ),
    Indicator(
        id="I12",
        measure="reported_in_term",
        title="Segnalazioni a INPS entro 10 giorni",
        formula="InfractionReportedToInps entro D5 / violazioni accertate con D5 scaduto nel periodo",
        legal_ref="DL 48/2023 art. 8",
        unit="ratio",
        numerator=_count("report", "reported"),
        denominator=_count("report"),
        by="agency",
    ),
    Indicator(
        id="I13",
        measure="overturned",
        title="Provvedimenti annullati",
        formula="provvedimenti poi annullati / provvedimenti disposti nel periodo",
        legal_ref="L. 241/1990 art. 21-nonies",
        unit="ratio",
        numerator=_count("measure", "annulled"),
        denominator=_count("measure"),
        by="measure",
    ),
    Indicator(
        id="I14",
        measure="supports_activated",
        title="Sostegni attivati",
        formula="SupportActivated del periodo, per codice di catalogo",
        legal_ref="protocollo art. 8",
        unit="count",
        numerator=_count("support"),
        by="support",
    ),
    Indicator(
        id="I14",
        measure="days_patto_to_support",
        title="Giorni mediani dal patto all'attivazione del sostegno",
        formula="mediana(start_on - prima sottoscrizione del patto), per sostegni attivati nel periodo",
        legal_ref="protocollo art. 8",
        unit="days",
        denominator=_count("support", "timed"),
        by="support",
    ),
    Indicator(
        id="I15",
        measure="puc_coverage",
        title="Copertura dei PUC",
        formula="obbligati assegnati a un PUC / componenti obbligati con PaIS, all'ultimo giorno del periodo",
        legal_ref="DL 48/2023 art. 6 c. 5-bis; DM 156/2023; protocollo art. 7",
        unit="ratio",
        numerator=_count("adult", "pais", "puc", groups=_OBLIGED),
        denominator=_count("adult", "pais", groups=_OBLIGED),
    ),
    Indicator(
        id="I16",
        measure="school_regularity",
        title="Regolarità scolastica",
        formula="minori REGOLARE / minori segnalati nel periodo, una volta per periodo scolastico",
        legal_ref="protocollo art. 3; DL 48/2023 art. 2 c. 3-bis",
        unit="ratio",
        numerator=_count("pupil", "regular"),
        denominator=_count("pupil"),
    ),
    Indicator(
        id="I17",
        measure="obligation_mix",
        title="Obbligati, esclusi e volontari ogni 100 maggiorenni",
        formula="maggiorenni per esito della verifica / maggiorenni dei nuclei, all'ultimo giorno, per 100",
        legal_ref="DL 48/2023 art. 6 cc. 4-5",
        unit="per_100",
        numerator=_count("adult", groups=_RESULTS),
        denominator=_count("adult"),
        by="result",
        common=True,
    ),
    Indicator(
        id="I18",
        measure="corrections",
        title="Rettifiche sui fatti registrati",
        formula="EventCorrected / fatti registrati nel periodo",
        legal_ref="GDPR artt. 5(1)(d), 16",
        unit="ratio",
        numerator=_count("fact", "correction"),
        denominator=_count("fact"),
        by="agency",
    ),
    Indicator(
        id="I18",
        measure="late_records",
        title="Fatti registrati dopo oltre 10 giorni",
        formula="fatti con recorded_at - occurred_on oltre 10 giorni / fatti registrati nel periodo",
        legal_ref="GDPR art. 5(1)(d)",
        unit="ratio",
        numerator=_count("fact", "late"),
        denominator=_count("fact"),
        by="agency",
    ),
    Indicator(
        id="I19",
        measure="results_reached",
        title="Risultati attesi raggiunti",
        formula="risultati REACHED all'ultima verifica / risultati attesi in scadenza nel periodo",
        legal_ref="protocollo art. 7",
        unit="ratio",
        numerator=_count("result", "reached"),
        denominator=_count("result"),
    ),
)

ON_SANCTIONS = frozenset({"I2", "I10", "I11", "I12", "I13"})
"""Indicators that tell of infractions or measures: the school sees no benefit and no sanction (DOMAIN
section 9), so its office is not told how many there are either.
"""
