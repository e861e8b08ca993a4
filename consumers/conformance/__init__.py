"""Whether a consumer keeps what it is sent: one suite for every consumer, ours and an agency's own.

The suite plays the Ambito: it serves a feed and delivers messages, and asks the consumer what it holds. What
it should hold is a pure function of what it was sent (:mod:`.held`). docs/consuming.md says how to run it.
"""
