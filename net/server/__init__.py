"""The server's side of the wire: sockets, connections, songs on their way, several processes."""
