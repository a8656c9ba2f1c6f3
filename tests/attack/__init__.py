"""Campaigns against alfine: what a peer, a file or a network may do, many times over."""
