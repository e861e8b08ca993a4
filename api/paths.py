"""Where the API lives."""

BASE = "/rest/adi/v1"
