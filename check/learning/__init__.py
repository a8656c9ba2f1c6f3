"""Learns the machine that a server really is, from outside, and compares it with the table."""
