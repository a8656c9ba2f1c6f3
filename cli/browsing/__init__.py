"""The songs of a list as a library: what is known of them, what is sought, and what is meant.

It knows nothing of the commands and of the formats, which import it.
"""
