"""The options of `alfine server` in groups: how each is declared, and what is made of its values.

A module is a group: OPTIONS declares them, in the order of the help, and a frozen class of the same
names holds their values and makes of them what the server needs. It opens nothing.
"""
