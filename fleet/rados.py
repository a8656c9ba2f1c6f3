"""An S3 store on loopback: a radosgw, with one monitor and one OSD that keeps all in memory."""

from __future__ import annotations

import re
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from fleet.processes import Running, free_port, listens, run

ACCESS_KEY, SECRET_KEY = "alfine", "alfine-on-one-machine"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
MEMORY_BYTES = 2 << 30
_CAPABILITIES = {
    "mon.": {"mon": "allow *"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
}
_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]
mon initial members = a
keyring = {folder}/keyring
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
run dir = {folder}/run
log file = {folder}/$name.log
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 5000
public network = 127.0.0.0/8
ms bind ipv6 = false
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
osd objectstore = memstore
osd class dir = {classes}
memstore device bytes = {memory}
[client.admin]
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw thread pool size = 64
"""


def _classes() -> Path:
    """Return the folder of what radosgw asks the OSD to do, absolute.

    Debian 13 has built the OSD with a path that begins at "/" only where systemd starts it.
    """
    shown = run(("ceph-conf", "-c", "/dev/null", "--show-config-value", "osd_class_dir"))
    return Path("/", shown.strip())


class Rados:
    """One store, empty. folder: an empty directory, the store's from here on. endpoint: its URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._parts: list[Running] = []
        for name in ("mon", "osd", "rgw", "run"):
            (folder / name).mkdir()
        self._fsid = str(uuid.uuid4())
        (folder / "ceph.conf").write_text(
            _CONFIGURATION.format(
                folder=folder,
                fsid=self._fsid,
                mon=(mon := free_port()),
                mon_v1=(mon_v1 := free_port()),
                memory=MEMORY_BYTES,
                classes=_classes(),
                port=self.port,
            )
        )
        try:
            self._start_monitor(f"[v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]")
            self._start_storage()
            self._start_gateway()
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self) -> str:
        """The URL of the store."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it; everything in it is gone."""
        while self._parts:
            self._parts.pop().end(patience_s=10)

    def make_bucket(self, bucket: str) -> None:
        """Make a bucket."""
        self._client().create_bucket(Bucket=bucket)

    def move(self, bucket: str, key: str, to: str) -> None:
        """Give an object another key."""
        client = self._client()
        client.copy_object(Bucket=bucket, Key=to, CopySource={"Bucket": bucket, "Key": key})
        client.delete_object(Bucket=bucket, Key=key)

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Replace an object."""
        self._client().put_object(Bucket=bucket, Key=key, Body=content)

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object."""
        self._client().delete_object(Bucket=bucket, Key=key)

    def ranges(self, bucket: str) -> list[tuple[str, int]]:
        """Return which ranges it was asked for: key and first byte, by its own log."""
        text = (self.folder / "client.admin.log").read_text(errors="replace")
        asked = rf'"GET /{bucket}/([^ ?"]+) HTTP.*bytes=(\d+)-'
        return [(key, int(first)) for key, first in re.findall(asked, text)]

    def lists(self, bucket: str) -> int:
        """Return how often a bucket was listed, by its own log."""
        text = (self.folder / "client.admin.log").read_text(errors="replace")
        return len(re.findall(rf'"GET /{bucket}[?]list-type', text))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it answer nothing while the block runs, though its connections stand."""
        gateway = self._parts[-1]
        gateway.send(signal.SIGSTOP)
        try:
            yield
        finally:
            gateway.send(signal.SIGCONT)

    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def _start_monitor(self, address: str) -> None:
        keyring, monmap = self.folder / "keyring", self.folder / "monmap"
        run(("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, monmap))
        run(("ceph-authtool", keyring, "--create-keyring"))
        for name, caps in _CAPABILITIES.items():
            allowed = [word for part, cap in caps.items() for word in ("--cap", part, cap)]
            run(("ceph-authtool", keyring, "--gen-key", "-n", name, *allowed))
        make = ("--mkfs", "--monmap", monmap, "--keyring", keyring)
        run(self._command("ceph-mon", "-i", "a", *make))
        self._parts.append(self._running("mon", "ceph-mon", "-f", "-i", "a"))

    def _start_storage(self) -> None:
        number = str(uuid.uuid4())
        self._ceph("osd", "new", number)
        run((*self._command("ceph-osd", "-i", "0"), "--mkfs", "--osd-uuid", number))
        osd = self._running("osd", "ceph-osd", "-f", "-i", "0")
        self._parts.append(osd)
        osd.wait_until(lambda: "1 up" in self._ceph("osd", "stat"))

    def _start_gateway(self) -> None:
        gateway = self._running("rgw", "radosgw", "-f", "-n", "client.admin")
        self._parts.append(gateway)
        gateway.wait_until(lambda: listens(self.port))
        keys = (f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")
        user = ("user", "create", "--uid=alfine", "--display-name=alfine", *keys)
        run(self._command("radosgw-admin", "-n", "client.admin", *user))

    def _running(self, name: str, *command: object) -> Running:
        return Running(self._command(*command), self.folder / f"{name}.out")

    def _ceph(self, *words: str) -> str:
        return run(self._command("ceph", "--connect-timeout", 30, *words))

    def _command(self, name: object, *words: object) -> tuple[object, ...]:
        return (name, "-c", self.folder / "ceph.conf", *words)
