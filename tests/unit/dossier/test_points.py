"""What each of the seventeen points says, from facts that the rules decided."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.case.parts import Member as Member_
from domain.dossier import Member, Record, Redaction, Shown, Signatory
from domain.dossier.integrity import NOT_ALL_READS, READS
from domain.refused import Refused
from tests.telling import CPI, INPS, id_of, said
from tests.unit.case import world as w
from tests.unit.dossier.story import (
    BEFORE,
    CUT,
    DECIDED,
    HUSBAND,
    JUDGE,
    MOTHER,
    NOW,
    PROPOSED,
    REPORTED,
    SIGNED,
    START,
    erased,
    lived,
    point,
    read_by,
    rows,
    sent,
    told,
    values,
)

pytestmark = pytest.mark.unit


def test_the_measure_stands_beside_what_was_proposed() -> None:
    made = told(lived(*DECIDED))
    assert (
        values(made, 1)["Mensilità tolte"] == "1/4"
        and values(made, 1)["Motivazione"] == "impegno non rispettato"
    )
    side = {row[0]: row[1:] for row in rows(made, 1, "Proposta e provvedimento")}
    assert side["Misura"] == ("DECURTAZIONE", "DECURTAZIONE", None)
    assert side["Norma citata"][2] == "diverso"


def test_the_norm_shows_the_protocol_and_the_law_against_each_other() -> None:
    made = told(lived(*DECIDED))
    assert values(made, 2)["Testo in vigore alla data del fatto"].startswith("PROTOCOLLO-ADI, dal 2024-01-01")
    texts = {row[0]: row[2] for row in rows(made, 2, "Il protocollo e la legge sulla stessa violazione")}
    assert texts["ADI-2023"] == ["DECADENZA"] and texts["PROTOCOLLO-ADI"][0] == "DECURTAZIONE 1/4"
    assert rows(made, 2, "Testi in conflitto")[0][0] == "ADI-2023"


def test_the_person_was_obliged_on_the_day_by_what_was_certified() -> None:
    made = told(lived(*DECIDED))
    assert values(made, 3)["Persona"] == "Rosaria Inventata"
    assert values(made, 3)["Esito della verifica degli obblighi"] == "obliged"
    assert "Composizione del nucleo / verifica anagrafica" in [
        r[0] for r in rows(made, 3, "Fatti letti dalla verifica")
    ]
    assert ("age", 37) in rows(made, 3, "Valori letti dalla regola")


@pytest.mark.parametrize("reader", [JUDGE, MOTHER], ids=str)
def test_who_is_not_told_what_an_evaluation_read_is_not_told_its_hash(reader: Redaction) -> None:
    """Of the inputs that are hidden some hundred are possible: who had the hash would try them."""
    facts = lived(*DECIDED)
    found = next(f.event for f in facts if getattr(f.event, "inputs_hash", None))
    made = told(facts, reader)
    assert found.rule_set_id in str(made.to_json()), "the evaluation is in the file"
    assert found.inputs_hash not in str(made.to_json())
    assert not any("inputs_hash" in paths for paths in made.opens.values())


def test_the_patto_says_the_commitment_and_who_signed_it() -> None:
    made = told(lived(*DECIDED))
    assert values(made, 4)["Testo dell’impegno"] == w.CONTACTS.text
    assert values(made, 4)["Impronta del documento firmato (SHA-256)"] == "1" * 64
    assert [row[0] for row in rows(made, 4, "Firme")] == ["Rosaria Inventata"]


def test_the_convocation_says_how_it_arrived_and_how_long_before() -> None:
    lost = w.decadenza(proposal_id=w.proposal(w.ABSENT).proposal_id)
    life = (
        *BEFORE,
        w.CONVOKED,
        w.DELIVERED,
        w.ABSENT,
        w.asked(w.ABSENT),
        w.proposal(w.ABSENT, "DECADENZA"),
        lost,
    )
    made = told(lived(*life))
    assert values(made, 5)["Giorni di preavviso"] == 13
    assert values(made, 5)["Prova del recapito"] == "ricevuta/1"
    assert rows(made, 5, "Recapiti usati")[0][1] == "rosaria@example.org"
    unproved = told(
        lived(*(fact for fact in life if fact is not w.DELIVERED and not isinstance(fact, type(PROPOSED))))
    )
    assert any("Recapito della convocazione" in gap for gap in point(unproved, 5).missing)


def test_a_fact_is_told_apart_from_how_it_was_judged() -> None:
    made = told(lived(*SIGNED, w.REPORT, *DECIDED[len(SIGNED) :]))
    happened = rows(made, 6, "Che cosa è accaduto")
    assert [row[2] for row in happened] == ["non è venuta", "non è venuta"], (
        "the report and its ascertainment"
    )
    assert values(made, 6)["Accertato il"] == "2025-04-16"


def test_the_reason_is_asked_given_and_decided_or_said_to_be_missing() -> None:
    assert values(told(lived(*DECIDED)), 7)["Motivazione della decisione"] == "nulla lo prova"
    silent = [fact for fact in DECIDED if type(fact) not in (type(w.submitted()), type(w.decided()))]
    assert point(told(lived(*silent)), 7).missing == (
        "Nessun motivo è stato presentato: risulta che è stato chiesto.",
    )


def test_the_procedure_is_what_was_notified_and_what_was_not() -> None:
    made = told(lived(*DECIDED))
    assert values(made, 8)["Ufficio e persona responsabile"].startswith("Ufficio di piano")
    without = told(lived(*(fact for fact in DECIDED if not isinstance(fact, type(w.NOTICE)))))
    assert "Comunicazione di avvio del procedimento: non risulta nel fascicolo." in point(without, 8).missing
    assert any("Memorie" in gap for gap in point(made, 8).missing), "the register holds none, and says so"


def test_the_ladder_shows_whether_a_softer_measure_was_there() -> None:
    made = told(lived(*DECIDED))
    assert values(made, 9)["Scala delle misure per questa violazione"][0] == "DECURTAZIONE 1/4"
    assert values(made, 9)["La scala prevede la sospensione"] is False
    assert ("occurrence", 1) in rows(made, 9, "Che cosa la regola ha letto per il provvedimento")
    assert rows(made, 9, "Termine del primo incontro (120 giorni)")[0][2] == "2025-02-10"


def test_the_report_to_inps_is_held_against_its_ten_days() -> None:
    made = told(lived(*DECIDED))
    assert rows(made, 10, "Segnalazioni")[0][:2] == ("2025-04-18", "SIISL-1")
    ((known, reported, due, in_time),) = rows(made, 10, "I dieci giorni")
    assert (known, reported, in_time) == ("2025-01-22", "2025-04-18", False) and due < reported


def test_the_notifica_has_its_remedies_and_what_came_after() -> None:
    made = told(lived(*DECIDED, w.REVIEW_ASKED, w.ANNULLED))
    assert values(made, 11)["Notificata il"] == "2025-06-13"
    assert values(made, 11)["Perché è stata annullata"] == "in autotutela"
    assert rows(made, 11, "Rimedi") == [("INPS", "30 giorni")]


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ({}, []),
        ({"DECURTAZIONE": 4}, [("DECURTAZIONE", "meno di 5")]),
        ({"DECURTAZIONE": 5}, [("DECURTAZIONE", 5), ("In tutto", 5)]),
        ({"DECURTAZIONE": 9, "DECADENZA": 1}, [("DECADENZA", "meno di 5"), ("DECURTAZIONE", 9)]),
    ],
)
def test_comparable_cases_are_counted_and_no_small_count_can_be_told(others: dict, shown: list) -> None:
    made = told(Record(lived(*DECIDED), law=w.WHOLE_LAW, comparable=others))
    assert rows(made, 12, "Casi comparabili di questo Ambito") == shown


def test_corrections_are_told_with_their_reason() -> None:
    made = told(lived(*DECIDED, said(INPS, w.correction(w.NOTIFIED, notified_on="2025-06-14"))))
    assert values(made, 11)["Notificata il"] == "2025-06-14"
    ((what, field, why, _, _),) = rows(made, 13, "Rettifiche")
    assert (what, field, why) == ("Notifica del provvedimento", ["notified_on"], "errore")
    line = next(line for line in point(made, 11).lines if line.label == "Notificata il")
    assert [source.paths for source in line.sources] == [(), ("new_value.notified_on",)]


def test_an_infraction_that_was_voided_leaves_the_measure_without_its_ground() -> None:
    void = w.voided(w.MISSED, second_person_id=w.new("second"))
    made = told(lived(*DECIDED, void))
    assert any("annullata" in gap for gap in point(made, 15).missing)
    assert rows(made, 13, "Rettifiche")[0][1] == "annullato"


def test_who_was_told_what_and_said_that_it_had_it() -> None:
    facts = lived(*DECIDED)
    shown = [*sent(facts, "inps"), *sent(facts, "ats", acknowledged=False)]
    known = rows(told(Record(facts, shown=shown, law=w.WHOLE_LAW)), 13, "Chi sapeva che cosa, e da quando")
    assert any(row[0] == "inps" and row[3] for row in known)
    assert any(row[0] == "ats" and row[3] is None for row in known)
    before = Record(facts, shown=shown, law=w.WHOLE_LAW)
    assert not rows(told(before, as_of=NOW - timedelta(days=3)), 13, "Chi sapeva che cosa, e da quando")


def test_who_read_the_file_is_told_but_not_what_was_read_after_or_by_an_anti_violence_service() -> None:
    accesses = [read_by("asl"), read_by("ets-cav"), read_by("cpi", 999), read_by("servizio-sociale")]
    record = Record(lived(*DECIDED), accesses=accesses, law=w.WHOLE_LAW)
    assert [row[0] for row in rows(told(record), 13, "Chi ha letto il fascicolo")] == [
        "servizio-sociale",
        "servizio sanitario",
    ]
    assert [row[0] for row in rows(told(record, HUSBAND), 13, "Chi ha letto il fascicolo")] == [
        "servizio-sociale"
    ]


def test_of_many_reads_the_last_are_listed_and_the_hidden_ones_are_not_counted() -> None:
    title, seen, hidden = "Chi ha letto il fascicolo", read_by("ust"), read_by("ets-cav")
    for many, listed, earlier in ((READS, READS, False), (READS + 1, READS, True)):
        accesses = [hidden, *[seen] * (many - 1), read_by("cpi"), hidden]
        record = Record(lived(*DECIDED), accesses=accesses, law=w.WHOLE_LAW)
        shown = [row[0] for row in rows(told(record), 13, title)]
        assert len(shown) == listed
        assert ("cpi" in shown) is not earlier
        assert (NOT_ALL_READS in point(told(record), 13).notes) is earlier


def test_supports_that_were_promised_and_not_there_are_told_with_what_rested_on_them() -> None:
    made = told(lived(*DECIDED))
    assert rows(made, 16, "Sostegni del Patto non attivi") == [
        ("PROT8.i", "cpi", "2025-03-15", "mai attivato")
    ]
    late = replace(w.SUPPORT_ON.event, start_on=w.day(5, 1))
    assert rows(told(lived(*DECIDED, said(CPI, late))), 16, "Sostegni del Patto non attivi")[0][3] == (
        "attivato dopo il 2025-05-01"
    )
    active = told(lived(*SIGNED, w.SUPPORT_ON, *DECIDED[len(SIGNED) :]))
    assert not rows(active, 16, "Sostegni del Patto non attivi") and values(active, 16)["Sostegni"]


def test_a_referral_on_a_waiting_list_is_told_without_its_service() -> None:
    facts = lived(*SIGNED, w.SENT_TO_SERD, w.answer("WAITING_LIST", 3, 20), *DECIDED[len(SIGNED) :])
    assert not rows(told(facts), 16, "Invii a servizi specialistici"), "it is of the husband, a third party"
    mine = replace(w.SENT_TO_SERD, member_id=w.MOTHER.member_id)
    waits = said(
        w.answer("WAITING_LIST", 3, 20).by,
        replace(w.answer("WAITING_LIST", 3, 20).event, member_id=w.MOTHER.member_id),
    )
    own = lived(*SIGNED, mine, waits, *DECIDED[len(SIGNED) :])
    assert rows(told(own), 16, "Invii a servizi specialistici") == [
        ("servizio sanitario", "2025-03-04", "in lista d’attesa")
    ]
    assert rows(told(own, MOTHER), 16, "Invii a servizi specialistici")[0][0] == "asl-serd"


def test_what_the_services_did_late_is_theirs() -> None:
    made = told(lived(*DECIDED))
    late = {row[0]: row for row in rows(made, 17, "Termini dei servizi scaduti o rispettati in ritardo")}
    assert late["D5"][5] == "2025-04-18" and late["D14"][5] is None
    assert "D1" not in late, "the household was convoked and came in time"


def test_every_gap_of_the_other_points_stands_in_the_fifteenth() -> None:
    made = told(lived(*DECIDED))
    gaps = set(point(made, 15).missing)
    assert gaps == {gap for each in made.points if each.number != 15 for gap in each.missing} and gaps


def test_the_husband_reads_nothing_of_her_breach_but_what_hits_the_household() -> None:
    made = told(lived(*DECIDED), HUSBAND)
    assert {n for n in range(1, 18) if point(made, n).state == "withheld"} >= {3, 4, 5, 6, 7, 10}
    assert values(made, 1)["Motivazione"] and values(made, 11)["Notificata il"]
    assert str(w.MOTHER.member_id) not in str(made.to_json())


def test_a_body_is_shown_what_it_was_sent_and_no_gap() -> None:
    facts = lived(*DECIDED)
    record = Record(facts, shown=sent(facts, "inps"), law=w.WHOLE_LAW)
    made = told(record, Signatory("inps"))
    assert values(made, 1)["Mensilità tolte"] == "1/4" and not any(p.missing for p in made.points)
    assert point(made, 7).state == "stated" and "Motivazione della decisione" not in values(made, 7)
    with pytest.raises(Refused, match="NOT_RECORDED"):
        told(record, Signatory("ust"))


def test_a_row_that_was_withdrawn_shows_nothing_any_more() -> None:
    facts = lived(*DECIDED)
    rows_ = sent(facts, "inps")
    gone = [replace(row, seq=row.seq + 1000, kind="withdrawn", paths=()) for row in rows_]
    with pytest.raises(Refused, match="NOT_RECORDED"):
        told(Record(facts, shown=[*rows_, *gone], law=w.WHOLE_LAW), Signatory("inps"))


def test_a_body_is_shown_nothing_as_of_an_instant_that_it_was_sent_only_later() -> None:
    facts = lived(*DECIDED)
    record = Record(facts, shown=sent(facts, "inps"), law=w.WHOLE_LAW)
    with pytest.raises(Refused, match="NOT_RECORDED"):
        told(record, Signatory("inps"), as_of=record.shown[0].disclosed_at - timedelta(microseconds=1))
    assert told(record, Signatory("inps"), as_of=record.shown[0].disclosed_at).timeline


def test_an_instant_before_the_case_or_the_measure_makes_no_dossier() -> None:
    facts = lived(*DECIDED)
    at = next(fact for fact in facts if fact.event.__class__ is CUT.__class__).recorded_at
    assert at is not None
    told(facts, as_of=at)
    for as_of in (at - timedelta(microseconds=1), START - timedelta(days=1)):
        with pytest.raises(Refused, match="BAD_VALUE"):
            told(facts, as_of=as_of)


def test_nobody_of_another_household_gets_a_dossier() -> None:
    with pytest.raises(Refused, match="UNKNOWN_MEMBER"):
        told(lived(*DECIDED), Member(w.STRANGER))


def test_what_came_later_hides_and_never_shows() -> None:
    protected = w.condition("GENDER_VIOLENCE_PATH", w.MOTHER, valid_from=w.day(1, 1))
    facts = lived(*DECIDED)
    at = facts[-1].recorded_at
    assert at is not None
    later = [*facts, *lived(*DECIDED, protected)[len(facts) :]]
    before, after = told(facts, as_of=at), told(later, as_of=at)
    assert after.opens.keys() <= before.opens.keys()
    assert "GENDER_VIOLENCE_PATH" not in str(after.to_json())
    assert all(s.version <= len(facts) for p in after.points for s in p.sources())


def test_only_values_that_are_stored_as_shown_are_opened() -> None:
    mine = replace(w.SENT_TO_SERD, member_id=w.MOTHER.member_id)
    made = told(lived(*SIGNED, mine, *DECIDED[len(SIGNED) :]))
    assert made.opens and all(path for paths in made.opens.values() for path in paths)
    assert made.redaction == JUDGE


def test_the_bodies_named_in_a_bundle_are_those_the_reader_may_know() -> None:
    facts = lived(*SIGNED, w.SENT_TO_SERD, *DECIDED[len(SIGNED) :])
    shown = [row for who in ("inps", "ats", "cpi", "asl-serd") for row in sent(facts, who)]
    record = Record(facts, shown=shown, law=w.WHOLE_LAW)
    assert "asl-serd" not in told(record).recipients and "inps" in told(record).recipients


@pytest.mark.parametrize("person", [w.MOTHER, w.HUSBAND, w.SON], ids=lambda person: person.name)
def test_an_erasure_leaves_a_dossier_that_says_what_is_gone(person: Member_) -> None:
    facts = lived(*DECIDED)
    gone = erased(facts, person.member_id)
    for reader in (JUDGE, MOTHER, HUSBAND, Signatory("inps")):
        made = told(Record(gone, shown=sent(gone, "inps"), law=w.WHOLE_LAW), reader)
        assert [each.number for each in made.points] == list(range(1, 18))
        assert person.contacts == () or person.contacts[0].value not in str(made.to_json())
    assert values(told(gone), 1)["Mensilità tolte"] == "1/4", "the decision outlives the person's data"


def test_a_text_that_may_speak_of_two_is_read_by_neither_but_by_the_judge() -> None:
    his = w.found("COMMUNICATION_BREACH", w.HUSBAND, occurred_on=w.day(4, 14))
    both = replace(REPORTED, infraction_refs=(id_of(w.MISSED), id_of(his)), facts="lui e lei")
    cites = {"infraction_refs": (id_of(w.MISSED), id_of(his))}
    proposal, cut = replace(PROPOSED, **cites), replace(CUT, **cites)
    facts = lived(*SIGNED, w.MISSED, his, w.asked(), w.asked(his), proposal, both, cut)
    assert "lui e lei" in str(told(facts).to_json())
    for reader in (MOTHER, HUSBAND):
        said_ = str(told(facts, reader).to_json())
        assert "lui e lei" not in said_ and "SIISL-1" in said_, "that it was reported is of both"


def test_a_body_that_was_sent_less_is_shown_less() -> None:
    facts = lived(*DECIDED)
    less = [
        replace(row, paths=tuple(path for path in row.paths if path != "motivation"))
        for row in sent(facts, "inps")
    ]
    made = told(Record(facts, shown=less, law=w.WHOLE_LAW), Signatory("inps"))
    assert "Motivazione" not in values(made, 1) and values(made, 1)["Atto"] == "INPS-1"
    assert all("motivation" not in paths for paths in made.opens.values())


def test_a_body_reads_the_correction_that_it_was_sent() -> None:
    corrected_ = said(INPS, w.correction(w.NOTIFIED, notified_on="2025-06-14"))
    facts = lived(*DECIDED, corrected_)
    paths = ("corrects_event_id", "new_value.notified_on", "voids")
    row = Shown("inps", 999, "correction", id_of(corrected_.event), paths, NOW - timedelta(days=1))
    record = Record(facts, shown=[*sent(facts, "inps"), row], law=w.WHOLE_LAW)
    ((what, fields, why, _, _),) = rows(told(record, Signatory("inps")), 13, "Rettifiche")
    assert (what, fields, why) == ("Notifica del provvedimento", ["notified_on"], None)
