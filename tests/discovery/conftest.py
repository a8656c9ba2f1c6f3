"""Two machines in one network, with a server's folder."""

import shutil

import pytest

from tests.cli.conftest import encode_tone
from tests.discovery.segment import segment


@pytest.fixture(scope="module")
def two_machines():
    if shutil.which("ip") is None:
        pytest.skip("needs ip")  # where CI=true, the mark of the tests has failed before
    with segment() as made:
        yield made


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "Jóga [31m. Music"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.mp3").write_bytes(encode_tone(110 * (number + 1), 1))
    return folder
