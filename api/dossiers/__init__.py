"""The dossier of a measure over REST: as JSON, as a page, as a paper."""
