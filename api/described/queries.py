"""Of each operation that is no act: what it is called, what it does, what its answer looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.described import cases, delivery, evidence, health, sanctions, tables, work
from api.described.kinds import Fields


@dataclass(frozen=True, slots=True)
class Said:
    """The Italian summary and description of an operation, and the type of its JSON answer, where it has one.

    ``status`` is that of the answer. What else an operation answers (a paper, a table), its route says.
    """

    summary: str
    description: str
    answer: Any = None
    status: int = 200


QUERIES: dict[str, Said] = {
    # --- cases
    "list_cases": Said(
        "I fascicoli visibili a chi chiede",
        "Il servizio sociale vede i fascicoli assegnati alla persona, l'Ambito tutti, gli altri enti "
        "quelli di cui è stato loro comunicato qualcosa. I filtri sono per i primi due.",
        cases.CasePage,
    ),
    "show_case": Said(
        "Il fascicolo come è, o come era noto",
        "Il fascicolo com'è ora; com'era noto a un istante (`as_known_at`); come oggi si ritiene che "
        "fosse in un giorno (`as_corrected_on`). Il servizio sociale che lo ha in carico lo legge per "
        "intero, tranne ciò che direbbe di una condanna e, per chi non è il case manager, gli operatori "
        "di un servizio antiviolenza; gli altri i soli fatti loro comunicati. Con `recipient`, per il "
        "servizio sociale: che cosa ne sapeva quel destinatario. L'`ETag` del fascicolo "
        "per intero è la sua versione.",
        cases.CaseInFull | cases.CaseShown | cases.CaseHorizon,
    ),
    "search_cases": Said(
        "Ricerca dei fascicoli per codice fiscale",
        "I fascicoli, tra quelli visibili a chi cerca, in cui un componente ha quel codice fiscale. Un "
        "elenco vuoto dice solo che nessuno è suo. Il codice sta nel corpo, mai in un indirizzo o in un log. "
        "Non registra alcun atto: nessuna `Idempotency-Key`.",
        cases.CaseFoundPage,
    ),
    "list_events": Said(
        "I fatti di un fascicolo",
        "I fatti nell'ordine in cui furono registrati: a un istante come furono registrati fino ad "
        "allora, di un giorno come furono da ultimo rettificati.",
        cases.FactPage,
    ),
    "show_timeline": Said(
        "La storia del fascicolo, una frase per ogni fatto",
        "Che cosa è accaduto, nel giorno di ciascun fatto e come risulta rettificato, con le frasi del "
        "fascicolo di un provvedimento. Ogni ente legge i soli fatti a lui comunicati.",
        cases.MomentPage,
    ),
    "show_extract": Said(
        "L'estratto protetto per la seduta dell'équipe",
        "L'estratto del proprio posto dell'équipe, com'era alla convocazione e con le cautele di oggi. "
        "Ciascun ente convocato legge il suo e nessun altro.",
        cases.Extract,
    ),
    # --- access
    "list_accesses": Said(
        "Chi ha letto il fascicolo",
        "Le letture del fascicolo, dall'ultima: chi, per quale ente, con quale finalità. Anche questa "
        "risposta è una lettura e compare nella prossima.",
        evidence.AccessPage,
    ),
    "list_readers": Said(
        "Chi poteva leggere il fascicolo",
        "Chi in un giorno poteva leggere il fascicolo o agirvi, e in forza di che cosa: un'assegnazione, una "
        "comunicazione all'ufficio, o l'ufficio stesso. Chi lo ha letto davvero: `/accesses`.",
        evidence.CouldSeePage,
    ),
    "list_access_requests": Said(
        "Le istanze di accesso agli atti",
        "Le istanze con il loro termine, i controinteressati, le risposte e l'esito (L. 241/1990 artt. "
        "22-25).",
        evidence.AccessRequestPage,
    ),
    # --- what waits
    "list_deadlines": Said(
        "I termini, dal più vicino a scadere",
        "I termini dei fascicoli aperti e delle istanze di accesso, come stanno oggi. Ogni ufficio vede "
        "quelli sul proprio tavolo.",
        work.DeadlinePage,
    ),
    "list_worklists": Said(
        "Le liste di lavoro dell'ufficio",
        "Le liste dell'ufficio con il loro titolo, e quanto in ciascuna attende oggi.",
        work.WorklistPage,
    ),
    "show_worklist": Said(
        "Che cosa attende in una lista di lavoro",
        "Le cose che attendono oggi, dalla più vicina a scadere; un elenco vuoto dove la lista non è "
        "dell'ufficio di chi chiede.",
        work.WaitingPage,
    ),
    "show_inbox": Said(
        "Tutto ciò che attende l'ufficio",
        "Lavori delle liste, termini e rettifiche da applicare, dal più vicino a scadere.",
        work.InboxPage,
    ),
    # --- papers
    "check_patto": Said(
        "I controlli su una bozza di patto",
        "I controlli da PA-01 a PA-21 che la bozza non supera, come il nucleo sarebbe il giorno della firma. "
        "Quelli di legge impediscono la firma, quelli del protocollo chiedono un motivo scritto.",
        work.Checks,
    ),
    "print_patto": Said(
        "Il patto da firmare, in PDF/A",
        "La parte comune del patto, o con `member_id` l'allegato che solo quel componente legge. Una "
        "versione firmata è stampata com'era nota alla firma.",
    ),
    "print_letter": Said(
        "La lettera di un atto, in PDF/A",
        "La lettera da inviare, dalla dichiarazione dell'atto che sarà registrato dopo l'invio: "
        "convocazione, richiesta del giustificato motivo, avvio del procedimento, richiamo. Non registra "
        "alcun atto: nessuna `Idempotency-Key`.",
    ),
    # --- sanctions
    "list_decisions": Said(
        "Decisioni sulle sanzioni, con l'esito del ricalcolo e i passaggi in ritardo",
        "Proposte, provvedimenti e le valutazioni su cui poggiano, per giorno della decisione, in JSON o "
        "CSV. `outcome` è l'esito del ricalcolo, `overdue` un passaggio non fatto o fatto in ritardo.",
        sanctions.DecisionPage,
    ),
    "reconstruct_measure": Said(
        "Come si è giunti a un provvedimento",
        "I fatti che portarono al provvedimento, nell'ordine del registro, e quelli che dovrebbero risultare "
        "e non risultano.",
        sanctions.Reconstruction,
    ),
    "request_dossier": Said(
        "Richiesta del fascicolo di un provvedimento",
        "Chiede il fascicolo per un giudice, un componente o un firmatario, com'era noto a un istante. La "
        "risposta dà l'indirizzo del suo stato. Non registra alcun atto: nessuna `Idempotency-Key`.",
        sanctions.DossierAccepted,
        202,
    ),
    "show_dossier_status": Said(
        "Lo stato di un fascicolo richiesto",
        "Il fascicolo è sempre pronto: la risposta vi porta.",
        sanctions.DossierDone,
        303,
    ),
    "show_dossier": Said(
        "Il fascicolo di un provvedimento",
        "Il fascicolo nella forma accettata: JSON, HTML, PDF/A, o il plico che `ambito verify` controlla "
        "senza rete né base dati.",
        sanctions.Dossier,
    ),
    # --- Tavolo
    "list_indicators": Said(
        "Gli indicatori del Tavolo di coordinamento",
        "Gli indicatori da I1 a I19 su trimestri interi o dodici mesi conclusi, in JSON o CSV. I conteggi "
        "sotto 5, e ciò che li rivelerebbe, sono oscurati.",
        tables.IndicatorPage,
    ),
    # --- delivery
    "read_feed": Said(
        "I fatti comunicati al proprio ente",
        "I fatti dopo un `seq`, in ordine e senza vuoti, per chi non legge Kafka.",
        delivery.Feed,
    ),
    "acknowledge": Said(
        "La ricevuta di un destinatario",
        "Che cosa l'ente ha ricevuto e applicato, come JWS compatto firmato con la chiave che esso solo "
        "detiene. Ripetere la stessa ricevuta non aggiunge nulla: nessuna `Idempotency-Key`.",
        delivery.Acknowledged,
    ),
    "list_recipients": Said(
        "Fin dove è ciascun destinatario",
        "L'ultimo `seq` di ciascuno, consegnato a Kafka e confermato, e le rettifiche che non ha applicato. "
        "Di un servizio sanitario o antiviolenza i numeri non sono detti: muovendosi dopo un atto direbbero "
        "che il fascicolo è anche suo.",
        delivery.RecipientPage,
    ),
    "list_corrections": Said(
        "Le rettifiche che un destinatario non ha applicato",
        "Rettifiche, ritiri e cancellazioni in attesa di conferma, per numero nel suo flusso. Di quale "
        "fascicolo siano non è detto; di un servizio sanitario o antiviolenza quelle dei giorni passati, al "
        "giorno.",
        delivery.CorrectionPage,
    ),
    # --- contracts
    "show_schema": Said(
        "Lo schema di un messaggio",
        "Lo schema JSON che un messaggio nomina in `ce_dataschema`: pubblicato una volta, non cambia più.",
    ),
    "show_asyncapi": Said(
        "I canali e i loro messaggi, come AsyncAPI 3",
        "Il documento AsyncAPI dei canali Kafka dell'Ambito.",
        Fields,
    ),
    # --- evidence
    "list_checkpoints": Said(
        "Gli stati firmati del registro",
        "Gli stati firmati, dall'ultimo, ciascuno con i destinatari che lo hanno controfirmato.",
        evidence.CheckpointPage,
    ),
    "show_latest_checkpoint": Said(
        "L'ultimo stato firmato, come nota",
        "L'ultimo stato del registro come nota firmata C2SP, con le controfirme che ha.",
    ),
    "prove_inclusion": Said(
        "La prova che un fatto è nel registro",
        "Il cammino di Merkle (RFC 6962 2.1.1) del fatto a una posizione, dalla foglia in su.",
        evidence.InclusionProof,
    ),
    "prove_consistency": Said(
        "La prova che il registro è solo cresciuto",
        "La prova (RFC 6962 2.1.2) che il registro di dimensione `to` comincia con quello di dimensione "
        "`from`.",
        evidence.ConsistencyProof,
    ),
    "list_log_keys": Said(
        "Le chiavi che hanno firmato il registro",
        "Le chiavi di verifica C2SP, dall'ultima. Chi controlla il registro le confronta con ciò che gli è "
        "stato detto a voce o per iscritto.",
        evidence.LogKeyPage,
    ),
    # --- operations
    "show_status": Said(
        "Lo stato del servizio", "Se il servizio risponde, e con esso la sua base dati.", health.Well
    ),
    "show_livez": Said("Il processo è vivo", "Per il supervisore del processo.", health.Well),
    "show_readyz": Said(
        "Il processo può servire",
        "Per il bilanciatore: la base dati risponde e il processo non si sta fermando.",
        health.Well,
    ),
    "show_health": Said(
        "Come sta il registro",
        "Il registro, ciascun destinatario, ciascuna vista, i termini: soli conteggi ed età in secondi. Di "
        "un servizio sanitario o antiviolenza le sole età, in ore intere.",
        health.Health,
    ),
}
