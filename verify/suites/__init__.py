"""What `alfine verify` explores."""
