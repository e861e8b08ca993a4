"""How a caller proves itself over the wire, and how the register answers for what it said.

In the order in which a request meets it: ``door`` takes it in, ``pdnd`` or ``direct`` says whose it is by
its voucher or its own token, ``proof`` that the voucher is in the right hands, ``integrity`` that the body
is what the client signed, ``tracking`` which person asks, ``once`` that none of this came before. ``answers``
signs what goes back, and keeps the evidence of both ways. What a statement must be is a table of named checks
(``jws``): a request that fails one is told what every other is told, and our own log the name of the check.

Sources: AgID, Linee guida sull'interoperabilità tecnica, patterns ID_AUTH_REST_01 and _02, INTEGRITY_REST_01
and _02, AUDIT_REST_01 and _02, PROFILE_NON_REPUDIATION_01; RFC 7515, 7519, 8725, 9449.
"""
