"""The daemon's log: one line per event on stderr, as `name="value"` pairs; no stack trace unless it was asked for."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from notifier.cli.printing import in_one_line

PLACES = 6
"""Innermost places of a fault that are named: enough to find it."""


class Lines(logging.Formatter):
    """`at=… level=… from=… text="…"`, and for a fault its kind and places.

    The message of an unknown error may hold a number, a name or a secret; its kind and its places do not.
    """

    def __init__(self, *, trace: bool = False) -> None:
        super().__init__()
        self.trace = trace

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = in_one_line(record.getMessage())
        line = f"at={at} level={record.levelname.lower()} from={record.name} text={text}"
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line += f' error={type(error).__name__} places="{places(error)}"'
            if self.trace:
                line += "\n" + "".join(traceback.format_exception(error)).rstrip()
        return line


class JsonLines(logging.Formatter):
    """One JSON document a line, for programs that collect logs; the same fields and the same silence."""

    def __init__(self, *, trace: bool = False) -> None:
        super().__init__()
        self.trace = trace

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "text": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            document |= {"error": type(error).__name__, "places": places(error)}
            if self.trace:
                document["trace"] = "".join(traceback.format_exception(error)).rstrip()
        return in_one_line(document)


def in_form(form: str) -> None:
    """From now on as the settings say: `text` or `json`."""
    for handler in logging.getLogger().handlers:
        if form == "json" and isinstance(handler.formatter, Lines):
            handler.setFormatter(JsonLines(trace=handler.formatter.trace))


def places(error: BaseException) -> str:
    """Where it happened, innermost first: `file.py:12 name < …`."""
    found = traceback.extract_tb(error.__traceback__)[-PLACES:]
    return " < ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in reversed(found))


def to_stderr(level: str, *, trace: bool) -> None:
    """Log from now on; other packages only from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(trace=trace))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("notifier").setLevel(level.upper())
