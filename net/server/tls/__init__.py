"""The server's side of TLS: handshakes, sockets over which it is spoken, and who may come in.

The connection knows nothing of it: it has a socket with the same verbs.
"""
