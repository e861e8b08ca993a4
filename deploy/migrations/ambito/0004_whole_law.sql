-- The whole law: four kinds of measure, the seats of a PUC, and refusals as facts of the access log.

-- The case of a measure is found by the few events that order one.
drop index ledger.measures_recorded;
create index measures_recorded on ledger.events (position)
 where type like 'adi.case.decurtazione_ordered.v%' or type like 'adi.case.sospensione_ordered.v%'
    or type like 'adi.case.decadenza_ordered.v%' or type like 'adi.case.revoca_ordered.v%';

-- Who has a seat of a PUC is asked across cases.
create index puc_assignments on ledger.events (type text_pattern_ops, stream_id)
 where type like 'adi.case.puc_assigned.v%';

-- A refusal is a fact of the access log now (CommandRefused). Those noted before stay readable.
drop function ledger.note_refusal(text, text, text, uuid);
