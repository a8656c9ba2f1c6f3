"""What talks to a person, and the only place where the other rooms are joined."""
