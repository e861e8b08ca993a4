"""The words of a dossier for the values of its lines: days, codes and agencies as an Italian reads them."""

from __future__ import annotations

import re
from datetime import date, datetime

from api.documents import words
from domain.contract import Json
from domain.fact import KINDS, kind
from domain.italian import MONTHS, in_words
from domain.rules.calendar import ROME

NOTHING = "–"
ERASED = "[cancellato]"

CODES = {
    **words.AREAS,
    **words.SUPPORTS,
    **words.PURPOSES,
    **words.MEASURES,
    "NONE": "nessun rilievo",
    "NO_LEGAL_BASIS": "le regole non prevedono questa misura per questo fatto",
    "FACT_OUTSIDE_RULE_SET": "il fatto è fuori dai giorni o dai benefici che le regole governano",
    "NO_PROOF_OF_CONVOCATION": "manca la prova che la convocazione sia arrivata in tempo",
    "NOT_OBLIGED": "la persona non era obbligata alla data del fatto",
    "REASON_NOT_ASKED": "il giustificato motivo non è stato chiesto",
    "NOT_IN_PATTO": "l’impegno non era nel Patto in vigore, o non era condizionale",
    "obliged": "obbligata",
    "excluded": "esclusa dagli obblighi",
    "voluntary": "non obbligata, può aderire",
    "HOUSEHOLD": "l’intero nucleo",
    "MEMBER": "il solo componente",
    "SERVIZI": "i servizi",
    "NUCLEO": "il nucleo",
    "COMPONENTE": "il componente",
    "COURT": "il giudice",
    "SMS": "SMS",
    "EMAIL": "posta elettronica",
    "POSTA": "posta",
    "BREVI_MANU": "consegna a mano",
    "PHONE": "telefono",
    "OLOGRAFA": "firma autografa",
    "FIRMA_DIGITALE": "firma digitale",
    "SPID_CIE": "SPID o carta d’identità elettronica",
    "ALTRO": "altro modo",
    "PENDING": "in attesa di risposta",
    "ACCEPTED": "accolto",
    "REJECTED": "respinto",
    "NONE_GIVEN": "nessun motivo presentato",
    "CARE": "cura di un familiare",
    "WORK": "lavoro",
    "SCHOOL": "scuola",
    "TRANSPORT": "trasporti",
    "NOT_INFORMED": "non ne era informata",
    "PAIS": "Patto per l’inclusione sociale",
    "PSP": "patto di servizio personalizzato",
    "EMPLOYED": "occupazione",
    "REGULAR_STUDY": "corso regolare di studi",
    "DIRECT_PENSION": "pensione diretta",
    "DISABILITY_L68": "disabilità (L. 68/1999)",
    "ONCOLOGICAL": "patologia oncologica",
    "PARENTAL_RESPONSIBILITY_LOST": "responsabilità genitoriale non esercitata",
    "CARE_LOAD_DISABLED_MEMBER": "carico di cura per un componente con disabilità",
    "CARE_LOAD_CHILD_UNDER_3": "carico di cura per un figlio sotto i tre anni",
    "CARE_LOAD_3_MINOR_CHILDREN": "carico di cura per tre o più figli minori",
    "CAREGIVER": "carico di cura attribuito alla persona",
    "LOW_INCOME_KEEPS_UNEMPLOYED_STATUS": "lavoro a basso reddito, stato di disoccupazione conservato",
    "NO_PARENTAL_RESPONSIBILITY": "non esercita la responsabilità genitoriale",
    "MINOR": "minore età",
    "AGE_60_PLUS": "sessant’anni compiuti",
    "BIRTH": "nascita",
    "DEATH": "decesso",
    "JOINED": "ingresso nel nucleo",
    "LEFT": "uscita dal nucleo",
    "AGE_3": "tre anni compiuti",
    "AGE_18": "diciotto anni compiuti",
    "AGE_60": "sessant’anni compiuti",
    "RESIDENCE": "cambio di residenza",
    "ANAGRAFE": "anagrafe",
    "DECLARED": "dichiarazione",
    "age": "anni compiuti",
    "minor_children": "figli minori",
    "other_minors": "altri minori nel nucleo",
    "small_children": "bambini sotto i tre anni",
    "parental_responsibility": "responsabilità genitoriale dichiarata",
    "direct_pension": "pensione diretta",
    "disability_l68": "disabilità (L. 68/1999)",
    "oncological": "patologia oncologica",
    "employed": "occupata",
    "low_income_keeps_unemployed_status": "lavoro a basso reddito",
    "regular_study": "corso regolare di studi",
    "caregiver": "carico di cura attribuito alla persona",
    "household_disabled_annex3": "componente con disabilità o non autosufficiente",
    "benefit": "beneficio",
    "fact_date": "giorno del fatto",
    "infraction": "violazione",
    "member": "stato della persona",
    "occurrence": "volta in cui ricorre",
    "reason": "giustificato motivo",
    "accepted": "accolto",
    "rejected": "respinto",
    "none": "chiesto, nessuno presentato",
    "not_asked": "non chiesto",
    "household": "dovere del nucleo",
    "commitment.area": "impegno: area",
    "commitment.in_patto_on_fact_date": "impegno: nel Patto alla data del fatto",
    "commitment.missed": "impegno: non rispettato",
    "patto.kind": "patto: quale",
    "patto.in_force": "patto: in vigore alla data del fatto",
    "patto.refused": "patto: firma rifiutata",
    "convocation.appointment_on": "convocazione: giorno dell’appuntamento",
    "convocation.attended": "convocazione: la persona è venuta",
    "convocation.delivered_on": "convocazione: recapito",
    "convocation.sent_on": "convocazione: invio",
    "term.starts_on": "termine: decorrenza",
    "term.days": "termine: giorni",
    "term.as_of": "termine: visto al",
    "term.met_on": "termine: rispettato il",
    "term.convocation_sent": "termine: convocazione inviata",
    "term.exempt": "termine: non vincola la persona",
    "offer.contract": "offerta: contratto",
    "offer.fte_pct": "offerta: percentuale dell’orario pieno",
    "offer.wage_ok": "offerta: retribuzione conforme",
    "offer.refused": "offerta: rifiutata",
    "offer.distance_km": "offerta: distanza in km",
    "offer.public_transport_min": "offerta: minuti con i mezzi pubblici",
    "offer.child_under_14": "offerta: figlio sotto i 14 anni",
    "TAKING_CHARGE": "presa in carico",
    "EMPLOYMENT": "inserimento lavorativo",
    "SCHOOLING": "istruzione",
    "CONTROLS": "controlli",
    "SUPPORT": "sostegno",
    "ACCESS": "accesso agli atti",
    "it": "italiano",
    "servizio sanitario": "servizio sanitario",
}
"""What a code of a fact says. HEALTH is an area of commitments and a category of reasons alike."""

BECAUSE = {
    "DL 48/2023 art. 8 c. 6 lett. c) provides decadenza and no decurtazione": (
        "il DL 48/2023, art. 8 c. 6 lett. c), prevede la decadenza e nessuna decurtazione"
    ),
    "DL 48/2023 art. 2 c. 3-bis and the decree of 13 May 2025 provide sospensione (probable), neither "
    "decurtazione nor decadenza": (
        "il DL 48/2023, art. 2 c. 3-bis, e il decreto del 13 maggio 2025 prevedono la sospensione "
        "(probabile), né decurtazione né decadenza"
    ),
}
"""The reasons of the rule sets, which are written once and in English."""

ENGLISH = (
    (r"\bprotocol arts?\.", "protocollo artt."),
    (r"\bprotocol\b", "protocollo"),
    (r"\barts\.", "artt."),
    (r" and (?=\d)", " e "),
    (r"second part", "seconda parte"),
    (r"GePI practice", "prassi GePI"),
    (r"INPS practice", "prassi INPS"),
    (r"\bpremise\b", "premessa"),
    (r"\(memory\)", "(da verificare)"),
    (r"\(verified: [^)]*\)", "(verificato)"),
    (r"repealed from", "abrogato dal"),
    (r"1 January 2024", "1º gennaio 2024"),
    (r", for the patto", ", per il patto"),
    (r", for the platform", ", per la piattaforma"),
    (r"that article sets up SIUSS", "quell’articolo istituisce il SIUSS"),
    (r"GePI works within SIISL", "GePI opera nel SIISL"),
    (r"\b10 days\b", "10 giorni"),
    (r"no basis in", "nessuna base nel"),
    (r"comuni check residence", "i Comuni verificano la residenza"),
    (r"ministry's instrument", "strumento del Ministero"),
    (r"section 6", "termini del fascicolo"),
)
"""English words of the citations, which name articles and are the same text for the program."""

_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_MONTH = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])(?![-\d])")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+Z\Z")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_RUNG = re.compile(r"([A-Z_]+)(?: ([0-9/.]+))?\Z")


def said(value: Json) -> str:
    """A value as a reader of the dossier reads it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, list):
        return "; ".join(said(each) for each in value) or NOTHING
    if isinstance(value, dict):
        return ERASED if "erased" in value else "; ".join(said(each) for each in value.values())
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    if text in CODES:
        return CODES[text]
    if text in BECAUSE:
        return BECAUSE[text]
    if _INSTANT.match(text):
        there = datetime.fromisoformat(text).astimezone(ROME)
        return f"{in_words(there.date())}, ore {there:%H:%M:%S}"
    if _ID.match(text):
        return f"n. {text[:8]}"
    rung = _RUNG.match(text)
    if rung and rung[1] in words.MEASURES:
        return words.MEASURES[rung[1]] + (f" ({rung[2]} di mensilità)" if rung[2] else "")
    text = _DAY.sub(lambda found: _day(found[1]), agency(text) or citation(text))
    return _MONTH.sub(lambda found: f"{MONTHS[int(found[2]) - 1]} {found[1]}", text)


def _day(text: str) -> str:
    try:
        return in_words(date.fromisoformat(text))
    except ValueError:
        return text


def agency(text: str) -> str | None:
    """An agency by its Italian name; None for a text that is no agency."""
    if text not in KINDS and not re.fullmatch(rf"({'|'.join(KINDS)})-[a-z0-9-]+", text):
        return None
    if kind(text) in ("asl", "mmg"):
        return text  # the person's own service; to others it was masked before
    named = words.AGENCIES.get(kind(text), text)
    return named if text in KINDS else f"{named} ({text})"


def citation(text: str) -> str:
    """An article, with the English words that stand between numbers put into Italian."""
    for english, italian in ENGLISH:
        text = re.sub(english, italian, text)
    return text


STATES = {
    "stated": "documentato",
    "missing": "non risulta",
    "withheld": "non ostensibile a chi legge",
}
"""The state of a point. Withheld: of what is there this reader is shown nothing."""

READERS = {
    "judge": "versione per il giudice",
    "member": "versione per la persona che ne fa richiesta",
    "signatory": "versione per un ente firmatario",
}
