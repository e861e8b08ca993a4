"""REST: acts on a case, questions about it and the feed, for offices and agency systems."""
