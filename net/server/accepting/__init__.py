"""How connections come in: listening sockets, a proxy's introductions, shares of an address."""
