"""Where the interface of an office lives: a school office is never told which benefit it is about."""

BASE = "/rest/office/v1"
