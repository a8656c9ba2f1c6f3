"""One client's connection: its socket, what comes over it, and what is on its way to the client."""
