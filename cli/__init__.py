"""The command line: the room that talks to a person, and that joins the other rooms.

One file a command, here or in `cli.operating` and `cli.protocol`. The client is built in layers:
`cli.client` on `cli.client_run` on `cli.screen` on `cli.playing` on `cli.words`. `cli.usage` and
`cli.settings` import nothing of `cli`.
"""
