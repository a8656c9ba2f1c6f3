"""Bytes: what they mean on the wire, and how they go from one machine to another."""
