"""Runs a trace through the machines of today again, whichever side has written it."""
