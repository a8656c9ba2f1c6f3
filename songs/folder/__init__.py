"""Songs in a folder of the file system: found, read, and nothing outside it opened."""

from songs.folder.folder import Folder

__all__ = ["Folder"]
