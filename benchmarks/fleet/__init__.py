"""What a fleet on one machine does when its parts go, and what it can carry.

All of it is real: HAProxy, PostgreSQL, radosgw, servers, clients. What two processors can show of
several servers, and what not, stands in docs/fleet.md.
"""
