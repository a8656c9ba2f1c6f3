"""How servers say in the local network that they are there, and how clients find them (DNS-SD).

It knows names, addresses and what is said of a library; it knows no machine, no song and no
terminal. The package `zeroconf` is imported only where something is announced or sought.
"""
