-- When a recipient first said that it had a row: of each row a dossier asks it.

create index acknowledged_first on ledger.acknowledgements (recipient, received, received_at);
