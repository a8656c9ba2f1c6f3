"""A whole fleet on one machine: HAProxy, PostgreSQL, an object store, and several servers.

It starts programs and writes their settings; what they do is theirs.
"""
