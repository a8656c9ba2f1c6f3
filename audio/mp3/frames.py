"""Splits a song into frames while it arrives, and leaves out the tags and junk between them.

It never waits, and searches little at a time, so that whoever calls it always reacts to orders.
libmad is given frames alone, because it would take any bytes for the start of a frame.
"""

from __future__ import annotations

from typing import Protocol

from audio.mp3.sniff import (
    CHAIN_BYTES,
    JUNK_LIMIT_BYTES,
    SNIFF_BYTES,
    NotMp3,
    describe,
    find_frame,
    is_pcm_file,
    junk_limit_bytes,
)
from audio.mp3.structure import (
    HEADER_BYTES,
    TAG_HEAD_BYTES,
    FrameHeader,
    VbrTag,
    parse_header,
    parse_vbr_tag,
    tag_bytes,
)

SEARCH_BYTES = 16 * 1024
"""How much of the song one call of `poll` searches: 0.5 ms, 7 ms if it is made to be slow."""

_READ_BYTES = 16 * 1024
_MAX_TAGS_AT_ONCE = 1000


class Source(Protocol):
    """What a song is read from: `audio.AudioBuffer`, or anything with these of its methods."""

    @property
    def finished(self) -> bool: ...

    @property
    def discarded(self) -> bool: ...

    def readable(self, offset: int) -> int: ...

    def read_at(self, offset: int, n: int) -> bytes: ...


class FrameReader:
    """Returns a song's frames, whole and one at a time. All are of the layer of the first one.

    start_offset: the byte to begin near. If it is not 0, the song has been found to be an MP3
    before, with `header` in its first frame: any frame found is music, and `tag` stays None.
    midway: that byte may be in the middle of a frame. The first one that a chain follows is found.
    """

    def __init__(
        self,
        source: Source,
        start_offset: int = 0,
        header: FrameHeader | None = None,
        midway: bool = False,
    ) -> None:
        self.header = header
        """The header of the song's first frame; None until that has been found."""
        self.tag: VbrTag | None = None
        self.ended = False
        """No frame is left, and none will arrive."""
        self.searching = False
        """`poll` has returned None although there is more to search: call it again."""
        self.junk_offset = start_offset
        """Before the first frame: the offset behind the tags, as far as it is known."""
        self._source = source
        self._offset = start_offset
        self._ahead = b""  # bytes of the song, and the place in them that _offset names
        self._at = 0
        self._over = False
        self._sizes: dict[bytes, int] = {}  # of frames by their headers, after the first frame
        self._midway = midway  # no frame has been found yet, and bytes of music may look like one
        self._lost = midway  # what follows is no frame and no tag: it is being searched
        self._began = False  # no frame has been returned yet, but the first one has been found
        self._last_tag = (0, 0)  # where it begins and where it says that it ends
        self._in_tag = False  # the search goes through the last tag, which is longer than the song
        self._junk_limit_bytes = 0

    def __repr__(self) -> str:
        state = "ended" if self.ended else "reading" if self.header else "searching"
        return (
            f"<FrameReader {state} offset={self._offset} lookahead={len(self._ahead) - self._at}>"
        )

    @property
    def offset(self) -> int:
        """The offset in the song behind the last frame returned."""
        return self._offset

    @property
    def needed_offset(self) -> int:
        """The offset of the first byte that has not been read: `poll` needs it to go on."""
        return self._offset + len(self._ahead) - self._at

    def poll(self) -> bytes | None:
        """Return the next frame; None if it has not all arrived, or if the song has `ended`.

        None as well if it has not been found in the first bytes searched: see `searching`.
        A frame cut off by the end of the song is left out.
        Raises NotMp3 if no frame is found at the start, and what the source raises.
        """
        self.searching = False
        size = self._sizes.get(self._ahead[self._at : self._at + HEADER_BYTES], 0)
        if size and not self._lost and self._at + size <= len(self._ahead):
            return self._take(size)
        for _ in range(_MAX_TAGS_AT_ONCE):
            head = self._peek(TAG_HEAD_BYTES)
            if head is None or self.ended:
                return None
            if not self._lost:
                header = parse_header(head)
                if header and self._is_next(header):
                    return self._take_frame(header)
                if self._skip_tag(head):
                    continue
            if not head and self.header:
                self.ended = True
            elif self._search():
                continue
            return None
        self.searching = True
        return None

    def _is_next(self, header: FrameHeader) -> bool:
        return bool(self.header and header.playable and header.layer == self.header.layer)

    def _take_frame(self, header: FrameHeader) -> bytes | None:
        frame = self._peek(header.frame_bytes)
        if frame is None:
            return None
        if len(frame) < header.frame_bytes:
            self.ended = True
            return None
        if self._began:
            self.header, self._began = header, False
        self._sizes[frame[:HEADER_BYTES]] = header.frame_bytes
        return self._take(header.frame_bytes)

    def _take(self, size: int) -> bytes:
        start = self._at
        self._at += size
        self._offset += size
        return self._ahead[start : self._at]

    def _skip_tag(self, head: bytes) -> bool:
        size = 0 if self._in_tag else tag_bytes(head)
        if size:
            self._last_tag = (self._offset, self._offset + size)
            self._skip(size)
            if self.header is None:
                self.junk_offset, self._junk_limit_bytes = self._offset, 0
        return size > 0

    def _search(self) -> bool:
        """Skip junk up to the next frame, tag or end. False: it has not been found yet."""
        window = self._peek_available(SEARCH_BYTES + CHAIN_BYTES)
        if self.header is None and not self._may_begin(window):
            return False
        full = len(window) == SEARCH_BYTES + CHAIN_BYTES
        at, found = find_frame(
            window,
            limit=SEARCH_BYTES if full else len(window),
            strict_from=self._strict_from(),
            layer=self.header.layer if self.header else None,
            tags=not self._in_tag,
            complete=self._over and not full,
        )
        self._skip(at)
        self._lost = not found
        self._midway = self._midway and not found
        if not found:
            self.searching = full
            return self._over and not full  # then `poll` meets the end of the song
        if self.header is None and parse_header(window, at):
            self._begin(window[at:])
        return True

    def _strict_from(self) -> int:
        """From which byte of the window on a frame must be proved by more than one other."""
        if self._midway:
            return 0
        if self.header:
            return SEARCH_BYTES + CHAIN_BYTES  # nowhere
        return 0 if self._in_tag else self.junk_offset + JUNK_LIMIT_BYTES - self._offset

    def _may_begin(self, window: bytes) -> bool:
        """Whether the first frame may be in the window. False: more of it is needed first.

        Raises NotMp3 when the search has gone far enough.
        """
        junk_bytes = self._offset - self.junk_offset
        if not junk_bytes and window[:4] in (b"RIFF", b"FORM"):
            if len(window) < SNIFF_BYTES and not self._over:
                return False
            if is_pcm_file(window):
                raise NotMp3(describe(window))
        if junk_bytes > JUNK_LIMIT_BYTES and not self._junk_limit_bytes:
            self._junk_limit_bytes = junk_limit_bytes(self._first_junk())
        far = junk_bytes > (self._junk_limit_bytes or JUNK_LIMIT_BYTES) and not self._in_tag
        if not far and (window or not self._over):
            return True
        if not window and not self._in_tag and self._last_tag[1] > self._source.readable(0) > 0:
            self._enter_last_tag()
            return False
        raise NotMp3(describe(self._first_junk(), tagged=self._last_tag[1] > 0))

    def _first_junk(self) -> bytes:
        size = min(JUNK_LIMIT_BYTES, self._source.readable(self.junk_offset))
        return self._source.read_at(self.junk_offset, size)

    def _enter_last_tag(self) -> None:
        """Search in the last tag, because its size is wrong: the song ends before it does."""
        self._in_tag = self.searching = self._lost = True
        self._ahead, self._at = b"", 0
        self._offset = self._last_tag[0] + HEADER_BYTES

    def _begin(self, window: bytes) -> None:
        """Take what begins with `window` for the song's first frame."""
        self.header = parse_header(window)
        assert self.header is not None
        self._began, self._in_tag = True, False
        self.tag = parse_vbr_tag(window[: self.header.frame_bytes])
        if self.tag and self.tag.kind != "VBRI":
            # libmad would decode the tag's frame as silence. Other players skip it too, except
            # that of VBRI; a song should have the same samples everywhere.
            self._skip(self.header.frame_bytes)

    def _peek(self, n: int) -> bytes | None:
        """The next `n` bytes, fewer at the end of the song; None if they have not arrived."""
        if len(self._ahead) - self._at < n and not self._fill(n):
            return None
        return self._ahead[self._at : self._at + n]

    def _peek_available(self, n: int) -> bytes:
        """The next `n` bytes, or as many of them as have arrived."""
        self._fill(n)
        return self._ahead[self._at : self._at + n]

    def _fill(self, n: int) -> bool:
        """Read ahead `n` bytes. False: they have not arrived, and the song goes on."""
        self._ahead, self._at = self._ahead[self._at :], 0
        while len(self._ahead) < n:
            # Read before `readable`: bytes that arrive between the two calls must not be missed.
            self._over = self._source.finished or self._source.discarded
            available = self._source.readable(self.needed_offset)
            if not available:
                return self._over
            size = min(available, _READ_BYTES)
            self._ahead += self._source.read_at(self.needed_offset, size)
        return True

    def _skip(self, n: int) -> None:
        self._offset += n
        self._at += n
        if self._at > len(self._ahead):
            self._ahead, self._at = b"", 0
