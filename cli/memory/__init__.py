"""What the client remembers from one run to the next: playlists, what was heard, where it was.

It knows files and their formats; it knows nothing of the machines, of sound or of the prompt.
"""
