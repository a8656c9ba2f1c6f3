"""The link: the connection, the song that has to survive its loss, and the list that is kept."""
