"""What lets other programs of the same person know of the client that plays, and steer it.

Two sides: what the running client offers (`offers`, `commands`, `served`, `watching`, `desktop` and
what that loads), and what a short-lived command does with it (`command`, `peers`, `following`). The
second imports as little as it can, for a status bar and a key of the keyboard start it often.
"""
