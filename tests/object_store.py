"""An object store of the tests' own: as much of S3 as alfine asks for, and faults on demand."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import hashlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_METADATA = "x-amz-meta-"
_PAGE = 3
"""Few, so that every list has several pages."""

Fault = Callable[["_Request", str], bool]
"""Called with each request and its key; returns whether it has answered it, or did not."""


class ObjectStore:
    """Objects by key.

    faults: the first that answers a request has it. gets: key and range of each request. uploading:
    called with each key that is written, before its content is read. encrypts: the ETag of an
    object is not its digest. tls: serve by it.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.encrypts = False
        self.uploading: Callable[[str], object] = lambda key: None
        self.faults: list[Fault] = []
        self.gets: list[tuple[str, str]] = []
        self.released = threading.Event()
        """Set at the end: who holds an answer back waits for it."""
        store = self
        self._server = _Server(("127.0.0.1", 0), _Request)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.store = store  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def etag(self, data: bytes) -> str:
        """Return the ETag of a content, quotes included."""
        return etag(b"key" + data if self.encrypts else data)

    def close(self) -> None:
        """End it."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def store(self) -> ObjectStore:
        return self.server.store  # type: ignore[attr-defined]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path).partition("/")[2].partition("/")[2]
        if "list-type" in parts.query:
            if not any(fault(self, "") for fault in list(self.store.faults)):
                self._list(parse_qs(parts.query))
            return
        self.store.gets.append((key, self.headers.get("Range", "")))
        if not any(fault(self, key) for fault in list(self.store.faults)):
            self.get(key)

    def do_HEAD(self) -> None:
        key = unquote(urlsplit(self.path).path).partition("/")[2].partition("/")[2]
        if not any(fault(self, key) for fault in list(self.store.faults)):
            self.get(key)

    def do_PUT(self) -> None:
        key = unquote(urlsplit(self.path).path).partition("/")[2].partition("/")[2]
        self.store.uploading(key)
        data = self.rfile.read(length := int(self.headers["Content-Length"]))
        if len(data) < length:
            self.close_connection = True
            return
        if any(fault(self, key) for fault in list(self.store.faults)):
            return
        digest = base64.b64encode(hashlib.md5(data).digest()).decode()
        if self.headers["Content-MD5"] != digest:
            self.answer(400, b"<Error><Code>BadDigest</Code></Error>")
            return
        self.store.objects[key] = data
        self.store.metadata[key] = {
            name: value for name, value in self.headers.items() if name.startswith(_METADATA)
        }
        self.answer(200, b"", {"ETag": self.store.etag(data)})

    def _list(self, query: dict[str, list[str]]) -> None:
        prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
        keys = [key for key in sorted(self.store.objects) if key.startswith(prefix) and key > after]
        contents = "".join(
            f"<Contents><Key>{quote(key)}</Key><Size>{len(self.store.objects[key])}</Size>"
            f"<ETag>{escape(self.store.etag(self.store.objects[key]))}</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key in keys[:_PAGE]
        )
        more = len(keys) > _PAGE
        last = keys[:_PAGE][-1] if keys else ""
        token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>"
        body = (
            f"<ListBucketResult><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token * more}{contents}"
            "</ListBucketResult>"
        )
        self.answer(200, body.encode(), {"Content-Type": "application/xml"})

    def get(self, key: str, cut: int | None = None) -> None:
        """Answer as S3 does. cut: end the connection after so many bytes."""
        data = self.store.objects.get(key)
        if data is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        wanted = self.headers.get("If-Match")
        if wanted is not None and wanted != self.store.etag(data):
            self.answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start, stop = 0, len(data)
        if found:
            start = int(found[1])
            stop = min(int(found[2] or len(data)) + 1, len(data))
        if start >= len(data):
            self.answer(416, b"")
            return
        headers = {
            **self.store.metadata.get(key, {}),
            "ETag": self.store.etag(data),
            "Last-Modified": email.utils.formatdate(0, usegmt=True),
            "Content-Range": f"bytes {start}-{stop - 1}/{len(data)}",
        }
        self.answer(206 if found else 200, data[start:stop], headers, cut)

    def answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        if cut is not None:
            self.drop()

    def drop(self) -> None:
        """End the connection with a reset."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def etag(data: bytes) -> str:
    """Return the ETag of a content, quotes included."""
    return f'"{hashlib.md5(data).hexdigest()}"'


@contextlib.contextmanager
def running_object_store(tls: ssl.SSLContext | None = None) -> Iterator[ObjectStore]:
    """Run a store while the block runs."""
    store = ObjectStore(tls)
    try:
        yield store
    finally:
        store.close()
