"""The authoritative log and the record of what was disclosed. The only part that knows a database."""
