"""The options that several commands share, each kind with what is made of it."""
