"""The bundle of a measure: one file that can be checked without the register (decision 18).

:mod:`.make` writes it from what :mod:`.gather` reads of the log, :mod:`.verify` checks it. The last one and
:mod:`.form` need neither database nor network.
"""
