"""Checks whether another program's server, or client, does what RFC 9999 says: numbered cases."""
