"""The conformance check: its reports, and servers and clients that it has to judge rightly."""
