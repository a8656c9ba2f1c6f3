"""A song on its way to the player, and what the person is told of it."""
