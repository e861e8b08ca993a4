"""What agencies program against: the types of the messages, their versions, and the JSON Schema of each.

A published type (``it.ambito.adi.case.patto-signed.v1``) is a contract of its own, beside the stored name of
the fact. Its number is the major: within one, whoever reads one schema tolerantly reads the messages of all
(:mod:`.compatible`). Schemas are made from the registry (:mod:`.schema`) and frozen as files
(:mod:`.frozen`): `python -m deploy.freeze` writes what is missing, and never writes a file twice.
"""
