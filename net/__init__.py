"""Bytes: what they mean on the wire, and how they are sent and received."""
