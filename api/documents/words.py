"""The words of the papers for the codes, days and hours of the facts."""

from __future__ import annotations

from datetime import date, datetime

from domain import seats
from domain.fact import kind
from domain.italian import in_words
from domain.rules.calendar import ROME
from domain.rules.patto import HEALTH_AGENCIES

HEALTH_SERVICE = "servizio sanitario"
"""In place of a health service: its very name would tell (SerD, CSM …)."""

OTHER_SERVICE = "altro servizio"
"""In place of any other service whose name would tell, and of those that the register does not know."""

AREAS = {
    "CONTACTS": "contatti con i servizi",
    "SCHOOLING": "frequenza e impegno scolastico",
    "HEALTH": "prevenzione e cura",
    "PUC": "progetti utili alla collettività",
    "TRAINING": "formazione e lavoro",
}
"""Areas of commitments (protocol art. 7)."""

SUPPORTS = {
    "PROT8.a": "segretariato sociale, inclusi i servizi per l’informazione e l’orientamento",
    "PROT8.b": "servizio sociale professionale per la presa in carico",
    "PROT8.c": "sostegno socioeducativo domiciliare o territoriale, incluso il supporto nella gestione delle "
    "spese e del bilancio familiare",
    "PROT8.d": "assistenza domiciliare socioassistenziale e servizi di prossimità",
    "PROT8.e": "sostegno alla genitorialità e servizio di mediazione familiare",
    "PROT8.f": "servizio di mediazione culturale",
    "PROT8.g": "servizio di pronto intervento sociale",
    "PROT8.h": "interventi e servizi di natura sanitaria",
    "PROT8.i": "interventi e servizi di politiche attive del lavoro, tra cui i tirocini finalizzati "
    "all’inclusione sociale, all’autonomia delle persone e alla riabilitazione",
    "PROT8.l": "interventi e servizi per l’istruzione",
    "PROT8.m": "altri interventi",
}
"""The catalogue of protocol art. 8, in its own words."""

ROLES = {
    "SOCIAL_WORKER": "assistente sociale",
    "SOCIAL_OPERATOR": "operatore sociale",
    "EMPLOYMENT_OPERATOR": "operatore dei servizi per l’impiego",
    "OTHER_SOCIAL": "altro operatore sociale",
    "SPECIALIST": "operatore dei servizi sociosanitari specialistici",
    "GP": "medico di medicina generale",
    "PAEDIATRICIAN": "pediatra",
    "SCHOOL": "operatore della scuola",
    "TRAINING": "operatore di un ente di formazione",
    "HOUSING": "operatore delle politiche abitative",
    "ETS": "operatore del Terzo settore",
}
"""Components of the équipe (protocol art. 5)."""

PURPOSES = {
    "FIRST_APPOINTMENT": "primo incontro con il servizio sociale e analisi dei bisogni del nucleo",
    "UPDATE_90D": "aggiornamento periodico della situazione del nucleo, ogni novanta giorni",
    "EQUIPE": "incontro con l’équipe multidisciplinare",
    "PATTO": "definizione e firma del Patto per l’inclusione sociale",
    "OTHER": "colloquio con il servizio sociale",
}
"""Why a household is convoked."""

MEASURES = {
    "RICHIAMO_FORMALE": "richiamo formale",
    "SOSPENSIONE": "sospensione del beneficio",
    "DECURTAZIONE": "decurtazione del beneficio",
    "DECADENZA": "decadenza dal beneficio",
    "REVOCA": "revoca del beneficio",
}
"""What a proposal can ask INPS for."""

AGENCIES = {
    "servizio-sociale": "servizio sociale professionale",
    "ats": "Ambito territoriale sociale",
    "comune": "Comune",
    "cpi": "Centro per l’impiego",
    "accreditato": "soggetto accreditato ai servizi per il lavoro",
    "ust": "Ufficio scolastico",
    "ets": "ente del Terzo settore",
    "puc": "ente titolare del progetto utile alla collettività",
    "sil": "servizio per l’inserimento lavorativo",
    "inps": "INPS",
    "system": "registro dell’Ambito",
}
"""Agencies by kind, health services apart."""


def agency(code: object) -> str:
    """An agency by its Italian name; of a service whose very name would tell, no more than that it is one."""
    if not isinstance(code, str):
        return str(code)
    if kind(code) in HEALTH_AGENCIES:
        return HEALTH_SERVICE
    return OTHER_SERVICE if of_health(code) else AGENCIES[kind(code)]


def of_health(*said: object) -> bool:
    """Whether an agency (and its unit, a function) is of a health or an anti-violence service, or may be."""
    doctor = isinstance(said[0], str) and kind(said[0]) in HEALTH_AGENCIES
    return doctor or seats.of_health(*said) or seats.of_anti_violence(*said)


def day(value: object) -> str:
    """``10 febbraio 2025``; a day that was erased says so."""
    if not isinstance(value, date):
        return str(value)
    return in_words(value)


def hour(instant: datetime) -> str:
    """``10 febbraio 2025 alle ore 10:30``, by the clocks of Italy."""
    there = instant.astimezone(ROME)
    return f"{day(there.date())} alle ore {there:%H:%M}"
