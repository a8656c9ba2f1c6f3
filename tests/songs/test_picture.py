"""The picture in a tag is found as mutagen writes it, and nothing in a tag does harm."""

import io

import mutagen.id3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songs.tags.picture import MAX_PICTURE_BYTES, Picture, bytes_needed, picture_in

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\x00\xff\xff\x00"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\xff\0" * 99
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20)


def tag(*pictures, version=4, flags=0, **texts):
    """Return a tag as mutagen writes it. pictures: (data, scene, description, encoding)."""
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TIT2(encoding=3, text=["a title"]))
    for data, scene, description, encoding in pictures:
        tags.add(
            mutagen.id3.APIC(
                encoding=encoding, mime="image/x", type=scene, desc=description, data=data
            )
        )
    file = io.BytesIO()
    tags.save(file, v2_version=version)
    return file.getvalue()


def old_tag(picture):
    """Return a tag of version 2.2 by hand, which mutagen does not write."""
    body = b"\0JPG\x03cover\0" + picture
    frame = b"PIC" + len(body).to_bytes(3, "big") + body
    return b"ID3\x02\0\0" + synchsafe(len(frame)) + frame


def synchsafe(number):
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


@pytest.mark.parametrize(("version", "encoding"), [(3, 0), (3, 1), (4, 0), (4, 1), (4, 2), (4, 3)])
@pytest.mark.parametrize(("data", "kind"), [(JPEG, "jpg"), (PNG, "png"), (WEBP, "webp")])
def test_a_picture_is_found_whatever_its_description(version, encoding, data, kind):
    # The wide character has a zero in its second half, and the next one in its first.
    for description in ("", "cover", "\u0100\u0001" if encoding else "x"):
        whole = tag((data, 3, description, encoding), version=version)
        assert picture_in(whole) == Picture(kind, data)
        assert bytes_needed(whole[:10]) == len(whole)


def test_version_2_has_a_picture_as_well():
    assert picture_in(old_tag(JPEG)) == Picture("jpg", JPEG)


def test_the_front_cover_goes_before_others():
    whole = tag((PNG, 4, "back", 3), (JPEG, 3, "front", 3))
    assert picture_in(whole) == Picture("jpg", JPEG)
    assert picture_in(tag((PNG, 4, "back", 3))) == Picture("png", PNG)


def test_an_unsynchronised_tag():
    for version, head in ((3, b"ID3\x03\0\x80"), (4, b"ID3\x04\0\x80")):
        body = b"\0image/jpeg\0\x03\0" + JPEG
        stuffed = body.replace(b"\xff\x00", b"\xff\0\0").replace(b"\xff\xff", b"\xff\0\xff")
        size = len(body) if version == 3 else len(stuffed)
        raw = size.to_bytes(4, "big") if version == 3 else synchsafe(size)
        flags = b"\0\0" if version == 3 else b"\0\x02"
        frame = b"APIC" + raw + flags
        whole = head + synchsafe(len(frame) + len(stuffed)) + frame + stuffed
        assert picture_in(whole) == Picture("jpg", JPEG)


def test_what_is_no_picture_is_none():
    assert picture_in(b"") is None
    assert picture_in(tag()) is None
    assert picture_in(tag((b"<svg onload=...>", 3, "", 3))) is None
    assert picture_in(tag((b"RIFF\x10\0\0\0WAVEfmt ", 3, "", 3))) is None
    assert bytes_needed(b"\xff\xfb\x90\0" * 3) == 0
    assert bytes_needed(b"ID3\x04\0\0" + synchsafe(MAX_PICTURE_BYTES)) == 0


@given(st.binary(max_size=200), st.integers(2, 4), st.integers(0, 255))
def test_garbage_does_no_harm(garbage, version, flags):
    for frame in (b"APIC", b"PIC", b""):
        head = b"ID3" + bytes([version, 0, flags]) + synchsafe(len(frame) + len(garbage))
        found = picture_in(head + frame + garbage)
        assert found is None or found.kind in ("jpg", "png", "gif", "webp")


@given(st.integers(0, 9999), st.binary(min_size=1, max_size=8))
def test_a_damaged_tag_does_no_harm(place, damage):
    whole = bytearray(tag((JPEG, 3, "cover", 1)))
    whole[place % len(whole) : place % len(whole) + len(damage)] = damage
    picture_in(bytes(whole))
    picture_in(bytes(whole[: place % len(whole)]))
