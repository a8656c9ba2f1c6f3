"""How `alfine server` starts: its options become settings, and these a program that serves."""
