"""What colours a screenshot has: PNG read with the standard library (W3C PNG, third edition, 8 bits, no interlace)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Picture:
    width: int
    rows: list[bytes]
    depth: int
    """Bytes a pixel: 3 or 4."""

    def all(self) -> set[Colour]:
        found: set[Colour] = set()
        for row in set(self.rows):
            found.update(self._colours(row))
        return found

    def edge(self) -> list[Colour]:
        """The colours of the second column from the left, from top to bottom, each change once."""
        return [colour for colour, _ in groupby(tuple(row[self.depth : self.depth + 3]) for row in self.rows)]  # type: ignore[misc] # three bytes

    def _colours(self, row: bytes) -> Iterator[Colour]:
        return zip(row[0 :: self.depth], row[1 :: self.depth], row[2 :: self.depth], strict=True)


def red(colour: Colour) -> bool:
    """Clearly red to a person: strong, and far from blue, brown and grey."""
    r, g, b = colour
    return r > 90 and r > 1.8 * g and r > 1.8 * b


def colours(png: bytes) -> Picture:
    place, data, width, depth = 8, b"", 0, 0
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        chunk = png[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, _, bits, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
            assert (bits, interlace) == (8, 0)
            depth = {2: 3, 6: 4}[colour_type]
        elif kind == b"IDAT":
            data += chunk
        place += 12 + length
    return Picture(width, _unfiltered(zlib.decompress(data), width * depth, depth), depth)


def _unfiltered(raw: bytes, stride: int, depth: int) -> list[bytes]:
    rows: list[bytes] = []
    above = bytes(stride)
    for start in range(0, len(raw), stride + 1):
        row = _row(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, depth)
        rows.append(bytes(row))
        above = rows[-1]
    return rows


def _row(how: int, row: bytearray, above: bytes, depth: int) -> bytearray:
    if how == 2:
        return bytearray((one + up) & 255 for one, up in zip(row, above, strict=True))
    for at in range(len(row)) if how else ():
        left = row[at - depth] if at >= depth else 0
        up, corner = above[at], above[at - depth] if at >= depth else 0
        guess = {1: left, 3: (left + up) // 2, 4: _paeth(left, up, corner)}[how]
        row[at] = (row[at] + guess) & 255
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    whole = left + up - corner
    return min((left, up, corner), key=lambda one: abs(whole - one))
