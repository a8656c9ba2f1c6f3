"""Why a server does not start."""


class Refused(Exception):
    """The server cannot start as it is told to. The text says why, in one line."""
