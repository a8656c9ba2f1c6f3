"""Where samples go: the sound device, WAV files, or nowhere."""
