"""The server's side of the page: its connections, in one process or summed over workers."""
