"""What `alfine server` announces in the local network, and how a person sees and chooses what is
found there.
"""
