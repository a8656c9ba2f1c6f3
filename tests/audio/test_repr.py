"""Objects that a failing test prints say their state."""

from __future__ import annotations

from audio import AudioBuffer, Decoder, FrameIndex, NullOutput, Player, WavOutput
from audio.mp3.frames import FrameReader
from tests.audio.making import as_buffer, mp3


def test_a_buffer_says_its_state_and_size():
    buffer = AudioBuffer()
    buffer.append(b"abc")
    assert repr(buffer) == "<AudioBuffer arriving 3 bytes>"
    buffer.finish()
    assert repr(buffer) == "<AudioBuffer finished 3 bytes>"
    buffer.discard()
    assert repr(buffer) == "<AudioBuffer discarded 3 bytes>"


def test_a_decoder_a_reader_and_an_index_say_how_far_they_are():
    song = as_buffer(mp3(0.3))
    decoder, reader, index = Decoder(song), FrameReader(song), FrameIndex(song)
    assert repr(decoder) == "<Decoder decoding next_sample=0 queued=0>"
    assert repr(reader) == "<FrameReader searching offset=0 lookahead=0>"
    assert repr(index) == "<FrameIndex growing frames=0 end_offset=0>"
    blocks = list(decoder)
    index.extend()
    assert repr(decoder) == f"<Decoder ended next_sample={len(blocks) * 1152} queued=0>"
    assert repr(index) == f"<FrameIndex complete frames={len(blocks)} end_offset={len(mp3(0.3))}>"


def test_outputs_say_what_they_write_to(tmp_path):
    output = WavOutput(tmp_path / "out.wav")
    output.open(44100)
    output.write(bytes(8))
    assert repr(output) == f"<WavOutput '{tmp_path}/out.wav' open 44100 Hz 8 bytes>"
    output.close()
    assert " closed " in repr(output)
    assert repr(NullOutput()) == "<NullOutput 0 Hz interrupted=False>"


def test_a_player_says_its_orders_and_its_output():
    player = Player(NullOutput(), lambda report: None)
    player.pause()
    player.play(AudioBuffer(), 7)
    player.queue_next(AudioBuffer(), 8)
    assert "<Orders song=7 next=8 paused=True closing=False seek=None>" in repr(player)
    assert repr(player).startswith("<Player running <Orders")
    player.close()
    assert repr(player).startswith("<Player closed <Orders song=None next=None")
