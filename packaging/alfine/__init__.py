"""alfine as it is installed: one name for all rooms, which lie in `rooms/` below this folder."""
