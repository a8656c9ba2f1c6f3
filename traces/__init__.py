"""Traces: what went over the wire and through the machines, recorded, run again, and drawn.

The format is that of docs/traces.md. This package knows no socket and no terminal.
"""
