"""The client on the desktop's session bus: media keys, covers and notifications."""
