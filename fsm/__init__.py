"""What each side of the protocol knows and does next: events in, effects out.

Nothing in this room opens a socket, a file, a device, a thread or a clock.
"""
