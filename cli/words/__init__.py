"""The text that the client reads and writes: commands, titles, sentences, JSON lines.

It imports neither `cli.playing` nor `cli.screen`."""
