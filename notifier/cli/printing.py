"""What a command prints: JSON for scripts, sentences and tables for people."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def as_json(content: Any) -> None:
    """One JSON document on stdout."""
    json.dump(content, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


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
