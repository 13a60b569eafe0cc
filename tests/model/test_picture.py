"""What a JPEG's own headers say: read from the bytes that cameras and those who are none send."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.campus.camera_model import CameraModel, Sight
from notifier.model.looks import LookRules, SamePictures, age_of, judged
from notifier.model.picture import NotAPicture, Picture, read_jpeg

AT = datetime(2026, 11, 23, 14, 22, 6, tzinfo=UTC)
CLEAR = CameraModel("c1").picture(AT)
DARK = CameraModel("c1", sight=Sight.DARK).picture(AT)
SEEN = Picture(640, 360, 3.0)


def test_a_picture_says_how_large_it_is() -> None:
    assert (read_jpeg(CLEAR).width, read_jpeg(CLEAR).height) == (640, 360)
    small = CameraModel("c2", columns=20, rows=15).picture(AT)
    assert (read_jpeg(small).width, read_jpeg(small).height) == (160, 120)


def test_one_colour_all_over_is_blank_and_a_corridor_is_not() -> None:
    assert read_jpeg(DARK).blank
    assert not read_jpeg(CLEAR).blank


def test_of_a_kind_that_cannot_be_judged_nothing_is_said() -> None:
    progressive = DARK.replace(b"\xff\xc0", b"\xff\xc2", 1)
    assert read_jpeg(progressive).richness is None
    assert not read_jpeg(progressive).blank


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an empty answer"),
        (b"\n <!DOCTYPE html><html>Login", "a web page, mostly a login"),
        (b"<?xml version='1.0'?><fault/>", "text instead"),
        (b'{"error": 403}', "text instead"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"RIFF....WEBP", "WebP"),
        (b"--boundary\r\nContent-Type: image/jpeg", "multipart"),
        (b"\x00\x01\x02", "no JPEG"),
        (b"\xff\xd8", "ends too early"),
        (b"\xff\xd8\xff\xd9", "without a picture"),
        (b"\xff\xd8\x00\x00", "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x01", "damaged"),
        (b"\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00abc\xff\xd9", "damaged"),
        (CLEAR.replace(b"\xff\xc0", b"\xff\xc3", 1), "no browser shows"),
        (CLEAR[:-2], "ends too early"),
    ],
)
def test_what_is_no_whole_picture_is_named(data: bytes, said: str) -> None:
    with pytest.raises(NotAPicture, match=said):
        read_jpeg(data)


@given(st.integers(2, len(CLEAR) - 1))
def test_a_picture_that_was_cut_anywhere_is_never_whole(length: int) -> None:
    with pytest.raises(NotAPicture) as fault:
        read_jpeg(CLEAR[:length])
    assert fault.value.cut


@given(st.binary(max_size=400), st.integers(0, 600))
def test_whatever_is_sent_it_reads_or_is_called_no_picture(noise: bytes, at: int) -> None:
    for data in (b"\xff\xd8" + noise, CLEAR[:at] + noise + CLEAR[at + len(noise) :]):
        with suppress(NotAPicture):
            assert read_jpeg(data).width


def test_the_same_bytes_are_counted_from_when_they_came_first() -> None:
    same = SamePictures()
    assert [same.same_for("c1", each, now) for each, now in ((b"a", 0.0), (b"a", 5.0), (b"a", 30.0))] == [0, 5, 30]
    assert same.same_for("c1", b"b", 31.0) == 0
    assert same.same_for("c2", b"b", 60.0) == 0
    assert same.same_for("c1", b"a", 90.0) == 0


def test_three_tries_in_a_second_do_not_make_a_picture_frozen() -> None:
    assert judged(LookRules(), SEEN, 1.0, None, AT).well
    frozen = judged(LookRules(), SEEN, 30.0, None, AT)
    assert (frozen.well, frozen.sure) == (False, True)


def test_a_clock_that_is_ahead_gives_no_age() -> None:
    assert age_of(AT - timedelta(seconds=4), AT) == 4
    assert age_of(AT + timedelta(seconds=2), AT) == 0
    assert age_of(AT + timedelta(hours=1), AT) is None
    assert age_of(None, AT) is None
