"""The commands that look at the protocol itself: proof, drawings, check, traces and proxy."""
