"""WAV files, the silent output, and `open_output`; test_sound_card has the sound device."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
import wave

import pytest

from audio import NullOutput, OutputError, WavOutput, open_output
from audio.outputs.wav import wav_header

ONE = b"\x01\x00\x02\x00"


def wav(path) -> tuple[int, int, int, bytes]:
    with wave.open(str(path)) as file:
        form = file.getframerate(), file.getnchannels(), file.getsampwidth()
        return *form, file.readframes(file.getnframes())


def test_songs_of_one_rate_are_written_into_one_file(tmp_path):
    output = WavOutput(tmp_path / "out.wav")
    for song in (ONE * 5, ONE * 7):
        output.open(44100)
        output.write(song)
        output.drain()
    output.close()
    assert wav(tmp_path / "out.wav") == (44100, 2, 2, ONE * 12)


def test_songs_of_other_rates_are_written_into_files_beside_it(tmp_path):
    (tmp_path / "out-2.wav").write_bytes(b"somebody else's")
    output = WavOutput(tmp_path / "out.wav")
    for rate_hz, frames in ((44100, 3), (48000, 4), (44100, 5)):
        output.open(rate_hz)
        output.write(ONE * frames)
        output.drop()
    output.close()
    assert [path.name for path in output.paths] == ["out.wav", "out-3.wav", "out-4.wav"]
    assert [wav(path)[0] for path in output.paths] == [44100, 48000, 44100]
    assert [wav(path)[3] for path in output.paths] == [ONE * 3, ONE * 4, ONE * 5]
    assert (tmp_path / "out-2.wav").read_bytes() == b"somebody else's"


def test_the_header_is_right_after_every_write(tmp_path):
    output = WavOutput(tmp_path / "out.wav")
    output.open(22050)
    assert wav(tmp_path / "out.wav") == (22050, 2, 2, b"")
    for n in range(1, 4):
        output.write(ONE * 10)
        assert wav(tmp_path / "out.wav")[3] == ONE * 10 * n


def test_beyond_4_gib_another_file_begins(tmp_path, monkeypatch):
    monkeypatch.setattr("audio.outputs.wav._MAX_BYTES", 40)
    output = WavOutput(tmp_path / "out.wav")
    output.open(44100)
    for _ in range(3):
        output.write(ONE * 6)
    assert [wav(path)[3] for path in output.paths] == [ONE * 6] * 3


def test_an_older_wav_is_replaced_only_when_a_song_begins(tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(wav_header(8000, 4) + ONE)
    output = WavOutput(path, replace=True)
    output.check()
    output.close()
    assert wav(path) == (8000, 2, 2, ONE)
    output.open(44100)
    output.write(ONE * 2)
    assert wav(path) == (44100, 2, 2, ONE * 2)


def test_an_older_wav_is_kept_unless_it_may_be_replaced(tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(wav_header(8000, 4) + ONE)
    for use in (WavOutput(path).check, lambda: WavOutput(path).open(44100)):
        with pytest.raises(OutputError, match=r"^/\S+out\.wav exists: .* replace it with --force"):
            use()
    assert wav(path) == (8000, 2, 2, ONE)


def test_an_empty_file_is_written_into(tmp_path):
    path = tmp_path / "out.wav"
    path.touch()
    output = WavOutput(path)
    output.check()
    output.open(44100)
    assert wav(path) == (44100, 2, 2, b"")


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("target", ["older.wav", "nowhere.wav"])
def test_no_link_is_followed(tmp_path, replace, target):
    older, path = tmp_path / "older.wav", tmp_path / "out.wav"
    older.write_bytes(wav_header(8000, 4) + ONE)
    path.symlink_to(tmp_path / target)
    output = WavOutput(path, replace=replace)
    for use in (output.check, lambda: output.open(44100)):
        with pytest.raises(OutputError, match=r"out\.wav is a link, which is not followed"):
            use()
    assert wav(older) == (8000, 2, 2, ONE)
    assert not (tmp_path / "nowhere.wav").exists()


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_of_another_kind_is_not_overwritten(tmp_path, replace):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3 precious")
    with pytest.raises(OutputError, match=r"song\.mp3 exists and is not a WAV file"):
        WavOutput(path, replace=replace).open(44100)
    assert path.read_bytes() == b"ID3 precious"


def test_a_check_creates_nothing(tmp_path):
    WavOutput(tmp_path / "out.wav").check()
    assert list(tmp_path.iterdir()) == []


def test_a_check_finds_what_would_fail(tmp_path):
    with pytest.raises(OutputError, match=r"cannot write to .*nowhere/out\.wav: No such file"):
        WavOutput(tmp_path / "nowhere" / "out.wav").check()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Not a directory"):
        WavOutput(tmp_path / "file" / "out.wav").check()
    with pytest.raises(OutputError, match="Is a directory"):
        WavOutput(tmp_path).check()
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OutputError, match="not a WAV file"):
        WavOutput(tmp_path / "fifo").check()


def test_a_check_finds_a_folder_without_permission(tmp_path, monkeypatch):
    # Root may write anywhere: so the system's answer is made up.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(OutputError, match=r"cannot write to .*out\.wav: Permission denied"):
        WavOutput(tmp_path / "out.wav").check()


def test_a_path_that_cannot_be_written_is_named_in_the_error(tmp_path):
    with pytest.raises(OutputError, match=r"cannot write to .*nowhere/out\.wav: No such file"):
        WavOutput(tmp_path / "nowhere" / "out.wav").open(44100)
    with pytest.raises(OutputError, match="Is a directory"):
        WavOutput(tmp_path).open(44100)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OutputError, match="not a WAV file"):
        WavOutput(tmp_path / "fifo").open(44100)


def test_a_full_disk_is_named_in_the_error_and_leaves_a_valid_file(tmp_path, monkeypatch):
    output = WavOutput(tmp_path / "out.wav")
    output.open(44100)
    output.write(ONE * 3)

    def full(fd, data, at):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OutputError, match=f"{tmp_path} is full: free some space"):
        output.write(ONE * 3)
    assert wav(tmp_path / "out.wav")[3] == ONE * 3


def test_the_silent_output_takes_as_long_as_the_music():
    output = NullOutput()
    output.open(8000)
    begin = time.monotonic()
    for _ in range(5):
        output.write(ONE * 160)
    output.drain()
    assert time.monotonic() - begin >= 0.099


def test_a_wait_of_the_silent_output_can_be_interrupted_until_it_is_dropped():
    output = NullOutput()
    output.open(8000)
    writer = threading.Thread(target=output.write, args=(ONE * 8000 * 3600,), daemon=True)
    writer.start()
    output.interrupt()
    writer.join(10)
    assert not writer.is_alive()
    output.drop()
    output.open(8000)
    begin = time.monotonic()
    output.write(ONE * 160)
    assert time.monotonic() - begin >= 0.019


@pytest.mark.parametrize(
    "spec", ["", "loud", "wav", "wav:", "null:x", "auto:", "pyaudio:1", "WAV:x"]
)
def test_an_unknown_output_names_the_choices(spec):
    with pytest.raises(ValueError, match="auto, pyaudio, null or wav:FILE"):
        open_output(spec)


def test_open_output_makes_the_output_that_is_named(tmp_path):
    assert isinstance(open_output("null")[0], NullOutput)
    output, warning = open_output(f"wav:{tmp_path}/a:b.wav")
    assert isinstance(output, WavOutput)
    assert warning is None
    output.open(44100)
    assert output.paths == [tmp_path / "a:b.wav"]


NO_DEVICE = """
from audio import NullOutput, OutputError, open_output
output, warning = open_output("auto")
assert isinstance(output, NullOutput), output
print(warning)
try:
    open_output("pyaudio")
except OutputError as error:
    print(error)
"""


def without_a_card(code: str, tmp_path) -> subprocess.CompletedProcess[str]:
    config = tmp_path / "asound.conf"
    # With an empty file an assertion of PortAudio 19.6 would end the process.
    config.write_text("pcm.!default { type hw card 99 }\n")
    env = {**os.environ, "ALSA_CONFIG_PATH": str(config), "PULSE_SERVER": "unix:/nonexistent"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def test_without_a_device_auto_warns_and_plays_silently_and_pyaudio_says_what_to_do(tmp_path):
    run = without_a_card(NO_DEVICE, tmp_path)
    warning, error = run.stdout.splitlines()
    assert warning.startswith("The music plays silently: there is no sound device")
    assert "wav:FILE" in error
    assert run.stderr == "", "neither ALSA nor JACK prints anything"


def test_without_pyaudio_the_error_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(OutputError, match="PyAudio cannot be loaded"):
        open_output("pyaudio")
    assert "PyAudio" in str(open_output("auto")[1])


def test_the_package_can_be_imported_without_its_libraries():
    code = "import sys; sys.modules['mad'] = sys.modules['pyaudio'] = None; import audio"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
