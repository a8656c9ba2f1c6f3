"""The proof: client, server and all that can be between them, explored state by state.

It fires the very tables that the programs run and knows nothing of sockets, files or sound but what
can happen there.
"""
