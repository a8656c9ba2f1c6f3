"""The running client: performs what the machines ask for and tells them what happens."""
