"""Pictures of a school that does not exist: a corridor drawn in blocks, as a JPEG that every program opens.

Written without an image library: each 8 x 8 block is one grey, which is one number of the format, and some carry a
little noise, as no sensor is without. Source: ITU-T T.81 (JPEG), baseline; annex K.3 for the code tables.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

BLOCK = 8
DC_BITS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
AC_BITS = (0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
AC_SYMBOLS = bytes((0x00, 0x01, 0x11, 0x21, 0x31))
"""End of a block, and coefficients of 1 or -1 after none, one, two or three zeros: noise needs no more."""
SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc",
    "8": "abcdefg", "9": "abcdfg",
}  # fmt: skip

Shade = Callable[[int, int], int]
"""Grey from 0 to 255 of the block at (column, row)."""


def corridor(columns: int, rows: int, walker: float | None, clock: str) -> Shade:
    """A corridor with doors on both sides, `walker` (0 near, 1 far) in it, and a clock in its corner: "14:22:10"."""
    mid_x, mid_y = columns / 2, rows * 0.45
    digits = set(_digits(clock, 2, rows - 8))

    def shade(x: int, y: int) -> int:
        if (x, y) in digits:
            return 245
        far = max(abs(x + 0.5 - mid_x) / mid_x, abs(y + 0.5 - mid_y) / (rows - mid_y))
        if walker is not None and _walks(x, y, mid_x, mid_y, rows, walker):
            return 30
        if far < 0.22:
            return 205 if far < 0.17 else 95
        side = abs(x + 0.5 - mid_x) / mid_x >= abs(y + 0.5 - mid_y) / (rows - mid_y)
        if not side:
            return int(70 + 60 * far) if y > mid_y else int(190 - 70 * (1 - far))
        door = int(far * 7) % 2 == 1 and y > mid_y - rows * 0.28 * far
        return int(60 + 45 * far) if door else int(105 + 60 * far)

    return shade


def one_colour(grey: int) -> Shade:
    return lambda _x, _y: grey


def jpeg(columns: int, rows: int, shade: Shade, noise: Iterator[int] | None) -> bytes:
    """A grey JPEG of so many blocks. `noise`: numbers without end; None: a sensor that sees nothing at all."""
    bits = _Bits()
    before = 0
    for y in range(rows):
        for x in range(columns):
            level = shade(x, y) - 128
            size = abs(level - before).bit_length()
            bits.put(*DC_CODES[size])
            bits.put(_magnitude(level - before, size), size)
            before = level
            if noise is not None:
                grain = next(noise)
                for _ in range(grain & 3):
                    grain >>= 2
                    bits.put(*AC_CODES[AC_SYMBOLS[1 + (grain & 3)]])
                    bits.put(grain & 1, 1)
            bits.put(*AC_CODES[0])
    head = b"\xff\xd8" + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    head += _segment(0xDB, bytes([0, BLOCK]) + bytes([12] * 63))
    head += _segment(0xC0, struct.pack(">BHHB3B", 8, rows * BLOCK, columns * BLOCK, 1, 1, 0x11, 0))
    head += _segment(0xC4, b"\x00" + bytes(DC_BITS) + bytes(range(12)))
    head += _segment(0xC4, b"\x10" + bytes(AC_BITS) + AC_SYMBOLS)
    return head + _segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0])) + bits.bytes() + b"\xff\xd9"


class _Bits:
    def __init__(self) -> None:
        self._done, self._word, self._count = bytearray(), 0, 0

    def put(self, value: int, count: int) -> None:
        self._word, self._count = self._word << count | value, self._count + count
        while self._count >= 8:
            self._count -= 8
            byte = self._word >> self._count & 0xFF
            self._done.append(byte)
            if byte == 0xFF:
                self._done.append(0)
        self._word &= (1 << self._count) - 1

    def bytes(self) -> bytes:
        if self._count:
            self.put((1 << 8 - self._count) - 1, 8 - self._count)
        return bytes(self._done)


def _codes(counts: tuple[int, ...], symbols: bytes) -> dict[int, tuple[int, int]]:
    """Symbol to its code and the code's length (annex C)."""
    found, code, at = {}, 0, 0
    for length, count in enumerate(counts, 1):
        for symbol in symbols[at : at + count]:
            found[symbol] = (code, length)
            code += 1
        at += count
        code <<= 1
    return found


DC_CODES = _codes(DC_BITS, bytes(range(12)))
AC_CODES = _codes(AC_BITS, AC_SYMBOLS)


def _magnitude(value: int, size: int) -> int:
    return value if value > 0 else value + (1 << size) - 1


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _walks(x: int, y: int, mid_x: float, mid_y: float, rows: int, walker: float) -> bool:
    tall = rows * (0.5 - 0.36 * walker)
    foot = mid_y + rows * (0.45 - 0.3 * walker)
    centre = mid_x + rows * 0.2 * (1 - walker)
    high = foot - y
    if not 0 <= high < tall:
        return False
    return abs(x + 0.5 - centre) < tall * (0.09 if high > tall * 0.8 else 0.16 if high > tall * 0.4 else 0.12)


def _digits(clock: str, left: int, top: int) -> Iterator[tuple[int, int]]:
    for letter in clock:
        if letter == ":":
            yield from ((left, top + 2), (left, top + 4))
            left += 2
            continue
        for segment in SEGMENTS.get(letter, ""):
            yield from _stroke(segment, left, top)
        left += 5


def _stroke(segment: str, left: int, top: int) -> Iterator[tuple[int, int]]:
    level = {"a": 0, "g": 3, "d": 6}
    if segment in level:
        yield from ((left + step, top + level[segment]) for step in range(4))
        return
    column = left + (3 if segment in "bc" else 0)
    first = top + (0 if segment in "bf" else 3)
    yield from ((column, first + step) for step in range(4))
