"""Songs in an object store that speaks S3: listed, and read by ranges of one version."""

from songs.bucket.bucket import Bucket
from songs.bucket.copying import Copied, copy_songs

__all__ = ["Bucket", "Copied", "copy_songs"]
