"""The cases for clients, and what carries them out: a server that says what a case wants."""
