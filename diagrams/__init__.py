"""The state machines as drawings and as pages, made from the tables and committed beside this file.

This room knows how a table looks on paper; it knows nothing of what any machine does.
"""
