"""Measures the client: its start, the CPU time and the memory that it takes."""
