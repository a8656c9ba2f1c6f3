"""What must be true: of what the machines say, and of what the person is told and hears."""
