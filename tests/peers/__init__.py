"""Programs written from the RFC alone, which share no code with the program under test."""
