"""The law as pure functions over rule sets that are data (`rule_sets/*.toml`): no clock, no case."""
