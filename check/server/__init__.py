"""The cases for servers, and what carries them out: a client that believes nothing."""
