"""The indicators of the Tavolo di coordinamento, I1 to I19: what a case adds, what may be shown."""
