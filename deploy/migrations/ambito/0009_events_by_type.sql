-- One index by type in place of three partial ones: to look at their conditions cost each append a tenth.

drop index ledger.measures_recorded;
drop index ledger.puc_assignments;
drop index ledger.erasures_recorded;
create index events_by_type on ledger.events (type text_pattern_ops, position);
