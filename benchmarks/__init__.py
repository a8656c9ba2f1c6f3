"""How fast, small and fair the server is, beside nginx and beside a plain asyncio server."""
