"""Splits a song into MP3 frames while it arrives, and leaves out the tags and junk between them.

It never waits, so that the player's thread always reacts to orders. libmad is given frames alone,
because it would take any bytes for the start of a frame.
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
from audio.sniff import SNIFF_BYTES, NotMp3, describe, find_frame

_READ_BYTES = 16 * 1024
_RESYNC_BYTES = 8 * 1024


class Source(Protocol):
    """What a song is read from: `audio.AudioBuffer`, or anything with these of its methods."""

    @property
    def finished(self) -> bool: ...

    @property
    def discarded(self) -> bool: ...

    def readable(self, offset: int) -> int: ...

    def read_at(self, offset: int, n: int) -> bytes: ...


class FrameReader:
    """Returns a song's Layer III frames, whole and one at a time.

    start_offset: the byte to begin near. If it is not 0, the song has been found to be an MP3
    before: the first frame found is music, and `tag` stays None.
    """

    def __init__(self, source: Source, start_offset: int = 0) -> None:
        self.header: FrameHeader | None = None
        """The header of the first frame returned."""
        self.tag: VbrTag | None = None
        self.ended = False
        """No frame is left, and none will arrive."""
        self._source = source
        self._offset = start_offset
        self._lookahead = b""  # the bytes of the song read from _offset on
        self._first_found = start_offset > 0

    def __repr__(self) -> str:
        state = "ended" if self.ended else "reading" if self._first_found else "searching"
        return f"<FrameReader {state} offset={self._offset} lookahead={len(self._lookahead)}>"

    @property
    def offset(self) -> int:
        """The offset in the song behind the last frame returned."""
        return self._offset

    @property
    def needed_offset(self) -> int:
        """The offset of the first byte that has not been read: `poll` needs it to go on."""
        return self._offset + len(self._lookahead)

    def poll(self) -> bytes | None:
        """Return the next frame; None if it has not all arrived, or if the song has `ended`.

        A frame cut off by the end of the song is left out.
        Raises NotMp3 if no frame is found at the start, and what the source raises.
        """
        while not self.ended:
            head = self._peek(TAG_HEAD_BYTES)
            if head is None:
                return None
            size = tag_bytes(head)
            if size:
                self._skip(size)
            elif not self._first_found:
                if not self._find_first():
                    return None
            elif not head:
                self.ended = True
            else:
                header = parse_header(head)
                if header and header.playable:
                    return self._take_frame(header)
                if not self._resync():
                    return None
        return None

    def _find_first(self) -> bool:
        """Skip to the first frame of music. False: more of the song is needed first."""
        # The first frame is mostly at the start; only junk before it needs the larger window.
        for window_bytes in (3 * MAX_FRAME_BYTES, SNIFF_BYTES):
            window = self._peek(window_bytes)
            if window is None:
                return False
            complete = len(window) < window_bytes
            found = find_frame(window, complete=complete)
            if found is not None:
                self._first_found = True
                self._skip(found)
                self._read_tag()
                return True
            if complete or window_bytes == SNIFF_BYTES:
                raise NotMp3(describe(window, tagged=self._offset > 0))
        return False

    def _read_tag(self) -> None:
        header = parse_header(self._lookahead)
        assert header is not None
        self.tag = parse_vbr_tag(self._lookahead[: header.frame_bytes])
        if self.tag and self.tag.kind != "VBRI":
            # libmad would decode the tag's frame as silence. Other players skip it too, except
            # that of VBRI; a song should have the same samples everywhere.
            self._skip(header.frame_bytes)

    def _take_frame(self, header: FrameHeader) -> bytes | None:
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
        """Skip junk up to the next frame. False: more of the song is needed first."""
        window = self._peek(_RESYNC_BYTES)
        if window is None:
            return False
        complete = len(window) < _RESYNC_BYTES
        found = find_frame(window, 1, complete=complete)
        if found is None:
            # A frame near the end of the window is not found: the header after it is outside.
            undecided_bytes = 0 if complete else MAX_FRAME_BYTES + HEADER_BYTES
            found = len(window) - undecided_bytes
        self._skip(found)
        return True

    def _peek(self, n: int) -> bytes | None:
        """The next `n` bytes, fewer at the end of the song; None if they have not arrived."""
        while len(self._lookahead) < n:
            # Read before `readable`: bytes that arrive between the two calls must not be missed.
            over = self._source.finished or self._source.discarded
            available = self._source.readable(self.needed_offset)
            if not available:
                return self._lookahead if over else None
            size = min(available, _READ_BYTES)
            self._lookahead += self._source.read_at(self.needed_offset, size)
        return self._lookahead[:n]

    def _skip(self, n: int) -> None:
        self._offset += n
        self._lookahead = self._lookahead[n:]
