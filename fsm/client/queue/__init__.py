"""The queue: what was played, what follows, and what a person does to it."""
