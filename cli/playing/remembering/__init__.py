"""What the running client keeps for its next start, and brings back there."""
