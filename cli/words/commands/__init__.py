"""What is typed: the table of the commands, and the request that each line is."""
