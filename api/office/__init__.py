"""The REST interface of one recipient: over its own database, and over nothing of the Ambito's."""
