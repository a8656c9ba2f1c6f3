"""A song cut into MP3 frames while it arrives: tags and junk between them are left out.

It never waits, so the thread that plays can always be told to stop; and libmad, which takes any
byte for the start of a frame, sees nothing but frames.
"""

from __future__ import annotations

from typing import Protocol

from audio.mp3 import (
    HEADER_BYTES,
    MAX_FRAME_BYTES,
    TAG_HEAD_BYTES,
    FrameHeader,
    VbrTag,
    parse_header,
    parse_vbr_tag,
    tag_bytes,
)
from audio.sniff import SNIFF_BYTES, NotMp3, find_frame, why_not

_LAYER_3 = 3
_READ_BYTES = 16 * 1024
_RESYNC_BYTES = 8 * 1024


class Source(Protocol):
    """What a song is read from: `audio.AudioBuffer`, or anything that has these of its methods."""

    @property
    def finished(self) -> bool: ...

    @property
    def discarded(self) -> bool: ...

    def readable(self, offset: int) -> int: ...

    def read_at(self, offset: int, n: int) -> bytes: ...


class FrameReader:
    """Hands out a song's Layer III frames, one at a time and whole.

    start_offset: 0, or the byte to begin near, for a song that has been sniffed before; then the
    first frame found is music, and `tag` stays None.
    """

    def __init__(self, source: Source, start_offset: int = 0) -> None:
        self.header: FrameHeader | None = None
        """Of the first frame handed out."""
        self.tag: VbrTag | None = None
        self.ended = False
        """No frame will come any more."""
        self._source = source
        self._offset = start_offset
        self._ahead = b""  # what has been read of the song from _offset on
        self._opened = start_offset > 0

    @property
    def offset(self) -> int:
        """Where in the song what comes after the last frame handed out begins."""
        return self._offset

    @property
    def needed_offset(self) -> int:
        """The first byte of the song that has not been looked at: the one that is waited for."""
        return self._offset + len(self._ahead)

    def poll(self) -> bytes | None:
        """Return the next frame, or None if it is not all there yet or the song has `ended`.

        A frame that the end of the song cuts off is left out.
        Raises NotMp3 at the start of a song that is none, and what the source raises.
        """
        while not self.ended:
            head = self._peek(TAG_HEAD_BYTES)
            if head is None:
                return None
            size = tag_bytes(head)
            if size:
                self._skip(size)
            elif not self._opened:
                if not self._open():
                    return None
            elif not head:
                self.ended = True
            else:
                header = parse_header(head)
                if header and header.layer == _LAYER_3 and header.bitrate:
                    return self._take(header)
                if not self._resync():
                    return None
        return None

    def _open(self) -> bool:
        """Go to the first frame that has music in it. False: more of the song is needed first."""
        # Mostly the first frame is at hand at once; only junk in front makes the window grow.
        for window_bytes in (3 * MAX_FRAME_BYTES, SNIFF_BYTES):
            window = self._peek(window_bytes)
            if window is None:
                return False
            complete = len(window) < window_bytes
            found = find_frame(window, complete=complete)
            if found is not None:
                self._opened = True
                self._skip(found)
                self._read_tag()
                return True
            if complete or window_bytes == SNIFF_BYTES:
                raise NotMp3(why_not(window, tagged=self._offset > 0))
        return False

    def _read_tag(self) -> None:
        header = parse_header(self._ahead)
        assert header is not None
        self.tag = parse_vbr_tag(self._ahead[: header.frame_bytes])
        if self.tag and self.tag.kind != "VBRI":
            # libmad would decode it as a frame of silence. That of VBRI is one in other players
            # too, and the samples of a song should be the same everywhere.
            self._skip(header.frame_bytes)

    def _take(self, header: FrameHeader) -> bytes | None:
        frame = self._peek(header.frame_bytes)
        if frame is None:
            return None
        if len(frame) < header.frame_bytes:
            self.ended = True
            return None
        self.header = self.header or header
        self._skip(header.frame_bytes)
        return frame

    def _resync(self) -> bool:
        """Go on to the next frame behind junk. False: more of the song is needed first."""
        window = self._peek(_RESYNC_BYTES)
        if window is None:
            return False
        complete = len(window) < _RESYNC_BYTES
        found = find_frame(window, 1, complete=complete)
        if found is None:
            # A frame may begin in the part whose follower is not in the window.
            unsure = 0 if complete else MAX_FRAME_BYTES + HEADER_BYTES
            found = len(window) - unsure
        self._skip(found)
        return True

    def _peek(self, n: int) -> bytes | None:
        """The next `n` bytes; fewer only at the end of the song; None if they have yet to come."""
        while len(self._ahead) < n:
            # Asked first: what comes between the two questions must not be taken for the end.
            over = self._source.finished or self._source.discarded
            there = self._source.readable(self.needed_offset)
            if not there:
                return self._ahead if over else None
            self._ahead += self._source.read_at(self.needed_offset, min(there, _READ_BYTES))
        return self._ahead[:n]

    def _skip(self, n: int) -> None:
        self._offset += n
        self._ahead = self._ahead[n:]
