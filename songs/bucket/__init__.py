"""Songs in an object store that speaks S3: listed, and read by ranges of one version."""

from songs.bucket.bucket import Bucket

__all__ = ["Bucket"]
