"""How `alfine client` ends, as a shell sees it."""

OK, FAILED, USAGE, NO_CONNECTION = 0, 1, 2, 3
BY_SIGNAL = 128
"""A code above it names the signal that ended the run."""
