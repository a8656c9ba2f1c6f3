"""What is said and understood: commands, sentences, songs by their titles."""
