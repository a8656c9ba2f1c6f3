"""The server's side of the wire: sockets, connections, spooled songs, several processes."""
