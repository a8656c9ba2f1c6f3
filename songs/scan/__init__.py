"""A scan of the music directory: what is read of each song, and which song it is."""
