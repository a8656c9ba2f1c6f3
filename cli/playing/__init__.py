"""The running client: performs what the machines ask for and tells them what happens.

It imports `cli.words` and the exit codes in `cli.usage`, and never `cli.screen`.
"""
