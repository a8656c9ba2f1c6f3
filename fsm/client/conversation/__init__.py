"""The conversation: what has been requested over one connection, and what is unanswered."""
