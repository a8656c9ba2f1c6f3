"""The client's side of the page: its machines, of which each is in one state."""
