"""The explored exchange at one moment: both sides, messages, songs and the right answers."""
