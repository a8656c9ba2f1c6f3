"""Asks an object store, and asks again where that may help; it knows keys and bytes only.

obstore reads: that takes a sixth of the processor time that boto3 takes. boto3 lists,
since one key that obstore cannot parse would hide all others, and writes.

All waits are bounded. A range is of one version of an object (its ETag), or an error.
"""

from __future__ import annotations

import base64
import random
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeVar

from songs.bucket.refusals import failure, raise_for_good
from songs.names import Version
from songs.store import CHANGED, MusicDirError, SongUnavailable, SongWithheld, StoreAway
from songs.titles import clean, shorten

try:
    import obstore
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import get_session
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.exceptions import (
        BaseError,
        NotFoundError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )
    from obstore.store import S3Store
except ImportError:
    raise MusicDirError(
        "Songs in a bucket need obstore and boto3: pip install 'alfine[s3]'"
    ) from None

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, S3Config

CONNECT_S: Final = 3
ANSWER_S: Final = 10
"""For one request, its answer's bytes included."""
PATIENCE_S: Final = 30.0
"""For one range, with all attempts: a song that is heard has about so much in its buffer."""
PAUSE_S, MOST_PAUSE_S = 0.1, 2.0
"""Before the second attempt, and at most; each is made shorter at random, by up to a half."""
_RETRIES: Final = {"mode": "standard", "total_max_attempts": 4}
_DEFAULT_REGION: Final = "us-east-1"
_CREDENTIALS_TTL: Final = timedelta(minutes=5)
"""How long obstore keeps what boto3 gives it: boto3 renews it ten minutes before it expires."""
_MAX_WHY_BYTES: Final = 200
NO_KEY: Final = "its key is none that can be asked for; rename it"
_MD5: Final = "md5"
"""The metadata of an object: its digest, which is not its ETag where the store encrypts it."""

_Answer = TypeVar("_Answer")


class Range(NamedTuple):
    """Bytes of one version of an object."""

    data: bytes
    version: Version


class Client:
    """One bucket, below a prefix. Keys are relative to that.

    endpoint: the URL of the store; None for what the AWS tools are set to. Credentials are found as
    those tools find them. Raises MusicDirError: there are none, or what is set is wrong.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str | None) -> None:
        self._bucket, self._prefix = bucket, prefix and prefix + "/"
        try:
            self._boto, self._store = _connections(bucket, prefix, endpoint)
        except (BotoCoreError, BaseError, ValueError) as error:
            raise MusicDirError(f"The object store cannot be used: {_why(error)}") from None

    def list(self) -> Iterator[list[tuple[str, Version]]]:
        """Yield all keys with their versions, a page at a time. Raises MusicDirError."""
        pages = self._boto.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        try:
            for page in pages:
                found = page.get("Contents", ())
                yield [
                    (each["Key"][len(self._prefix) :], Version(each["Size"], each["ETag"]))
                    for each in found
                ]
        except (BotoCoreError, ClientError) as error:
            raise MusicDirError(f"The bucket cannot be listed: {_why(error)}") from None

    def read(self, key: str, start: int, stop: int, version: Version | None) -> Range:
        """Return the bytes from start to stop, fewer at the end of the object.

        version: that is wanted; None for whichever is there. Raises SongUnavailable: it has gone,
        or has changed; SongWithheld: it may not be read, or the store says no; StoreAway.
        """

        options: GetOptions = {"range": (start, stop)}
        if version is not None:
            options["if_match"] = version.etag

        def ask() -> Range:
            found = obstore.get(self._store, key, options=options)
            meta, data = found.meta, bytes(found.bytes())
            if len(data) != min(stop, meta["size"]) - start:
                raise _HalfAnswer
            return Range(data, Version(meta["size"], meta["e_tag"] or ""))

        return _tried(ask)

    def write(self, key: str, content: BinaryIO, digest: bytes) -> None:
        """Store an object whole. digest: its MD5, without which the store does not take it.

        Raises SongWithheld: the store refuses it; StoreAway.
        """
        try:
            self._boto.put_object(
                Bucket=self._bucket,
                Key=self._prefix + key,
                Body=content,
                ContentMD5=base64.b64encode(digest).decode(),
                Metadata={_MD5: digest.hex()},
            )
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from None

    def digest(self, key: str) -> str | None:
        """Return the digest with which an object was written, in hexadecimal; None if none is kept.

        Raises as `write` does.
        """
        try:
            found = self._boto.head_object(Bucket=self._bucket, Key=self._prefix + key)
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from None
        kept: str | None = found["Metadata"].get(_MD5)
        return kept


class _HalfAnswer(Exception):
    """There are fewer bytes than the store promised."""


def _tried(ask: Callable[[], _Answer]) -> _Answer:
    """Ask until there is an answer, or it is certain that there will be none."""
    deadline, pause_s = time.monotonic() + PATIENCE_S, PAUSE_S
    while True:
        try:
            return ask()
        except (FileNotFoundError, NotFoundError):
            raise SongUnavailable("it has gone") from None
        except PreconditionError:
            raise SongUnavailable(CHANGED) from None
        except (PermissionError, PermissionDeniedError, UnauthenticatedError):
            raise SongWithheld("the object store does not let it be read") from None
        except ValueError:
            raise SongUnavailable(NO_KEY) from None
        except (BaseError, _HalfAnswer) as error:
            raise_for_good(str(error))
            wait_s = pause_s * random.uniform(0.5, 1)
            if time.monotonic() + wait_s > deadline:
                raise StoreAway(f"the object store does not answer: {_why(error)}") from None
        time.sleep(wait_s)
        pause_s = min(2 * pause_s, MOST_PAUSE_S)


def _failure(error: BotoCoreError | ClientError) -> SongUnavailable:
    if not isinstance(error, ClientError):
        return StoreAway(_why(error))
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return failure(status, error.response["Error"].get("Code", ""), _why(error))


def is_key(key: str) -> bool:
    """Return whether an object of this key can be read: obstore takes no other."""
    if not {"", ".", ".."}.isdisjoint(key.split("/")):
        return False
    return key.isprintable() or not any(unicodedata.category(each) == "Cc" for each in key)


def _connections(bucket: str, prefix: str, endpoint: str | None) -> tuple[Any, S3Store]:
    """Return boto3's and obstore's, to the same store, as the AWS tools are set to reach it."""
    core = get_session()
    session = Session(botocore_session=core)
    region = session.region_name or _DEFAULT_REGION
    boto = _boto(session, endpoint, region)
    if endpoint is None:
        endpoint = _configured(boto.meta.endpoint_url, session, region)
    store = S3Store(
        bucket,
        prefix=prefix or None,
        config=_config(endpoint, region),
        client_options=_client_options(endpoint, core.get_config_variable("ca_bundle")),
        retry_config={"max_retries": 0},  # which songs wait, and how long, is decided here
        credential_provider=_credentials(session),
    )
    return boto, store


def _boto(session: Session, endpoint: str | None, region: str) -> Any:
    return session.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        config=Config(
            connect_timeout=CONNECT_S,
            read_timeout=ANSWER_S,
            retries=_RETRIES,
            request_checksum_calculation="when_required",  # as any store takes it
        ),
    )


def _configured(endpoint: str, session: Session, region: str) -> str | None:
    """Return the endpoint; None if it is what Amazon's own store has without any setting."""
    unset = Config(ignore_configured_endpoint_urls=True)
    amazon = session.client("s3", region_name=region, config=unset).meta.endpoint_url
    return None if endpoint == amazon else endpoint


def _client_options(endpoint: str | None, ca_file: str | None) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": (endpoint or "").startswith("http:"),
        "connect_timeout": timedelta(seconds=CONNECT_S),
        "timeout": timedelta(seconds=ANSWER_S),
    }
    if ca_file is not None:
        options["root_certificate"] = _read(ca_file)
    return options


def _read(ca_file: str) -> bytes:
    try:
        return Path(ca_file).read_bytes()
    except OSError as error:
        raise MusicDirError(f"AWS_CA_BUNDLE: {ca_file!a}: {error.strerror}") from None


def _credentials(session: Session) -> Boto3CredentialProvider:
    try:
        return Boto3CredentialProvider(session, ttl=_CREDENTIALS_TTL)
    except ValueError:
        raise MusicDirError(
            "There are no credentials for the object store: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, as for the aws command"
        ) from None


def _config(endpoint: str | None, region: str) -> S3Config:
    if endpoint is None:
        return {"region": region}
    return {"region": region, "endpoint": endpoint, "virtual_hosted_style_request": False}


def _why(error: Exception) -> str:
    """Return the first line of what the library said, printable."""
    return shorten(clean(str(error).strip().partition("\n")[0]), _MAX_WHY_BYTES)
