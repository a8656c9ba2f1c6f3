"""Measures the server: throughput, crowds, slow links, libraries, TLS and the monitor."""
