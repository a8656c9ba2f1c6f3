"""Programs written from the RFC alone, which share no line with the one under test."""
