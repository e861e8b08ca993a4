"""Papers to print and sign: the patto, the letters and the notices, made from facts and templates.

The same facts give the same bytes, so that the hash in the log can be checked years later. No paper bears a
contact or an address of anybody: the envelope or the channel does.
"""
