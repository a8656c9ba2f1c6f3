"""All that can happen next: the moves of either side, of the person, the player and the network."""
