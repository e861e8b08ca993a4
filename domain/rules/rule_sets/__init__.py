"""The law as data: one TOML file for each rule set, and one for the holidays that all of them share."""
