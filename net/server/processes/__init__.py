"""The processes that serve, from their start to their end, and what they tell each other."""
