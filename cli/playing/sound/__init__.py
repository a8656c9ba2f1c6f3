"""The client's sound: the song that arrives, its buffer, and the player that plays it."""
