"""The live page: which state each machine is in, which rows fire, and the metrics of the server."""
