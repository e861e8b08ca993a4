-- An office's list of cases goes from one case of its own to the next, whatever all the others were shown.

create index disclosed_cases on ledger.disclosed (recipient, stream_id);
