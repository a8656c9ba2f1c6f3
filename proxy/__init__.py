"""A proxy between any client and any server: it follows both machines, and makes trouble if asked.

It never changes a byte.
"""
