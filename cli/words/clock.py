"""Writes a time in a song as people write it."""


def clock(seconds: float) -> str:
    """Return 1:23, or 1:02:03."""
    minutes, s = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{s:02}" if hours else f"{minutes}:{s:02}"
