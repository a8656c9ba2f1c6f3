"""The commands of whoever runs a server: its library, its certificates and its service."""
