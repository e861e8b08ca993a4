"""The law, the case and its log: what a fact is, what follows from it and who may know it."""
