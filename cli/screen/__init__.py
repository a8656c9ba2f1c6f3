"""Where a person types and reads: a terminal that can be drawn on, or plain lines."""
