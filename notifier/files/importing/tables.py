"""Bytes of an exported table to its heading and rows, whatever program wrote it: encoding, separator, line ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from notifier.errors import Fault, SetupError
from notifier.files.importing.limits import LARGEST_TABLE, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT = 20
"""Lines from which the separator is told."""


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, and rows with the number of the line each begins in."""

    file: str
    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    notes: tuple[str, ...] = ()
    """What was guessed, for the person who looks at a dry run."""


@dataclass(slots=True)
class _Reading:
    file: str
    notes: list[str] = field(default_factory=list)

    def refuse(self, line: int, text: str, advice: str) -> SetupError:
        return SetupError([Fault(self.file, line, 1, text, advice)])


def read_table(file: str, raw: bytes) -> Table:
    """The table in `raw`. Raises SetupError for what cannot be a table, in words for whoever exported it."""
    reading = _Reading(file)
    text = _text(reading, raw)
    separator = _separator(text)
    if separator != ",":
        reading.notes.append(f"Columns are separated by {SEPARATORS[separator]}.")
    heading: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    for line, cells in _lines(reading, text, separator):
        if heading is None:
            if len(cells) > MOST_COLUMNS:
                raise reading.refuse(line, f"The first line has {len(cells)} columns.", "Export fewer columns.")
            heading = tuple(cell.strip() for cell in cells)
            continue
        if len(rows) >= MOST_ROWS:
            raise reading.refuse(line, f"There are more than {MOST_ROWS:,} people.", "Split the file.")
        rows.append((line, cells))
    if heading is None:
        raise reading.refuse(1, "The file is empty.", "Export it again, with a first line that names the columns.")
    return Table(file, heading, tuple(rows), tuple(reading.notes))


def _text(reading: _Reading, raw: bytes) -> str:
    if len(raw) > LARGEST_TABLE:
        raise reading.refuse(1, f"The file has {len(raw):,} bytes; at most {LARGEST_TABLE:,} are read.", "Split it.")
    if raw[:2] == b"PK":
        raise reading.refuse(1, "This is a zip or a spreadsheet, no table of text.", 'Save it as "CSV UTF-8".')
    encodings = ("utf-16",) if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if encoding != "utf-8-sig":
            reading.notes.append(f"Letters are read as {encoding}; look at names with accents before you write it.")
        return text
    raise reading.refuse(1, "This is no text.", 'Save it as "CSV UTF-8".')


def _separator(text: str) -> str:
    """The one that cuts the first lines into the most columns, equally many in each."""
    lines = [line for line in text[:200_000].splitlines()[:LOOKED_AT] if line.strip()]

    def cut(separator: str) -> tuple[bool, int]:
        counts = [len(cells) for line in lines for cells in csv.reader([line], delimiter=separator)]
        return len(set(counts)) == 1 and counts[0] > 1, counts[0] if counts else 0

    try:
        return max(SEPARATORS, key=cut)
    except csv.Error:
        return ","


def _lines(reading: _Reading, text: str, separator: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            yield line, tuple(cell[:LONGEST_CELL].strip() for cell in cells)
    except csv.Error as error:
        advice = 'Check its quotes: "…" around a whole field, doubled inside it.'
        raise reading.refuse(start, f"This line cannot be read: {error}.", advice) from None
