"""TLS as both sides use it: contexts, names, fingerprints, and words for what goes wrong.

It knows nothing of the protocol inside, whose bytes are the same with TLS and without.
"""
