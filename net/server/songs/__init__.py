"""The songs as they go over the wire: the list, and each song framed into a spool."""
