"""Where a person types and reads: a terminal with a status line, plain lines, or a script.

It imports `cli.playing` and `cli.words`, and is imported by what runs the client alone.
"""
