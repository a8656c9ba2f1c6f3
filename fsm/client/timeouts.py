"""How long the client waits before it draws a conclusion (protocol.md 7 and 8), in seconds; and for
how much of a list.
"""

LIST_QUIET_S = 0.25
"""Without a further RESP 100: a plain server's list is whole."""

SHORT_AUDIO_QUIET_S = 0.25
"""Without further audio after less than MAX_PAYLOAD_BYTES: a plain server's song is whole."""

AUDIO_QUIET_S = 2.0
"""Without any audio: a plain server's song is whole."""

NO_AUDIO_S = 10.0
"""Without any audio behind PLAY, where the server cannot be asked by LIST: it sends none."""

MAX_LIST_BYTES = 64 * 1024 * 1024
"""Of memory, for 300,000 songs and more: what a server sends beyond that is no list."""

SETUP_SILENCE_S = 1.0
"""After SETUP: the server is plain."""

FENCE_SILENCE_S = 1.0
"""After STOP and LIST to a plain server: go on without the answer."""

GREETING_TIMEOUT_S = 10.0
"""After the first LIST: whoever listens there speaks another protocol."""

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 30.0
"""The pauses between attempts to reconnect double from the first to the longest."""
