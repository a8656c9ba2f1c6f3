"""Where the kernel encrypts, songs go by sendfile: the right bytes, none in clear, and no stall."""

from __future__ import annotations

import os
import sys

import pytest

from tests.needs import needs_program
from tests.tls import uml

VERSIONS = ("TLSv1_3", "TLSv1_2")


@pytest.mark.skipif(
    (sys.platform, os.uname().machine) != ("linux", "x86_64"), reason="a kernel of Linux for x86-64"
)
@needs_program(uml.PROGRAM)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kernel", [True, False], ids=["by the kernel", "by the process"])
def test_a_kernel_that_encrypts_sends_the_same_bytes(
    marked, certificates, tmp_path, version, kernel
):
    """Its limit on what is unsent is the server's: larger writes than one record would stall."""
    files = (marked, tmp_path, certificates.server, certificates.ca)
    said = uml.run(tmp_path, "tests.tls.in_kernel:songs", *files, version, kernel)
    assert said["in_kernel"] is kernel
    assert said["whole"] == [True, True]
    assert said["in_clear"] == []
    assert said["heard"] > sum(path.stat().st_size for path in marked.iterdir())
