"""Measures speed, memory and fairness of the server, nginx and a plain asyncio server."""
