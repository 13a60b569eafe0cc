"""What a command prints: JSON for scripts, sentences and tables for people."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_TURNS_OR_ENDS_A_LINE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What JSON leaves as it is, and what yet ends a line (NEL, LS, PS), moves a terminal (C1) or turns or hides words."""


def as_json(content: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(in_one_line(content, indent=2) + "\n")


def in_one_line(content: Any, indent: int | None = None) -> str:
    """As JSON, in which nothing begins a line of its own or moves the reader's cursor, whoever wrote it."""
    written = json.dumps(content, ensure_ascii=False, indent=indent)
    return _TURNS_OR_ENDS_A_LINE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", written)


def say(*lines: str) -> None:
    for line in lines:
        print(printable(line))


def progress(text: str) -> None:
    """What is being done now, for whoever waits; on stderr, so that scripts read only results."""
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Without control characters: a note or a caller's name must not move the cursor of the one who reads it."""
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Cf") and sign != "\n" else sign for sign in text)


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], none: str) -> None:
    """Rows under their titles; `columns` is key to title; `none` is said if there are no rows."""
    if not rows:
        say(none)
        return
    cells = [list(columns.values())] + [[_cell(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def listed(words: Iterable[str], most: int = 8) -> str:
    """The first of them and how many more: `a, b and 3 more`."""
    names = list(words)
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _cell(value: Any) -> str:
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return printable(", ".join(map(str, value)))
        case _:
            return printable(str(value)).replace("\n", " ")
