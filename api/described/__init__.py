"""What the OpenAPI documents say in Italian: of each operation, of its parameters, of its answers.

Whoever adds a query says here what it is (``queries``) and what its answer looks like; an operation of which
nothing is said fails when the document is made.
"""
