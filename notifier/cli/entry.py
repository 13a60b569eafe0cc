"""From the words that were typed to a command, and from whatever went wrong to a sentence and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence

from notifier.cli import (
    accounts,
    acting,
    backups,
    cards,
    contacts,
    devices,
    doctor,
    endings,
    incidents,
    paging,
    publishing,
    readiness,
    record,
    running,
    school_files,
    simulating,
    upgrade,
    walking,
)
from notifier.cli.client import Answered, NoDaemon
from notifier.cli.log_lines import places
from notifier.cli.printing import as_json, printable
from notifier.cli.words import FAILED, NOBODY, OUR_FAULT, STOPPED, Parser
from notifier.errors import NotifierError, SetupError

GROUPS = (
    running,
    school_files,
    contacts,
    publishing,
    simulating,
    incidents,
    acting,
    paging,
    endings,
    record,
    devices,
    readiness,
    cards,
    walking,
    accounts,
    backups,
    doctor,
    upgrade,
)


def parser() -> Parser:
    """Every command there is."""
    made = Parser(
        prog="notifier",
        description="Mass notification and lockdown orchestration. It never dials 911, 112 or 999: people do.",
    )
    commands = made.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser, dest="command")
    for group in GROUPS:
        group.add(commands)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (see docs/reference/cli.md). Never shows a stack trace unasked."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        return int(args.deed(args))
    except NotifierError as error:
        return _told(error, as_data=bool(args.json))
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # who read our output has read enough, as `head` does
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 whatever it is, a person reads a sentence and where to send it
        if args.trace:
            traceback.print_exc()
        else:
            text = f"This is a fault of ours: {type(error).__name__} at {places(error)}."
            sys.stderr.write(f"{text} Run again with --trace to see where, and tell us.\n")
        return OUR_FAULT


def _told(error: NotifierError, *, as_data: bool) -> int:
    code = NOBODY if isinstance(error, NoDaemon) else FAILED
    sys.stderr.write(printable(str(error)) + "\n")
    if as_data:
        faults: list[dict[str, str]] = []
        if isinstance(error, SetupError):
            for one in error.faults:
                where = f"{one.file}:{one.line}:{one.column}"
                faults.append({"where": where, "what": one.text, "advice": one.advice})
        elif isinstance(error, Answered):
            faults = [dict(one) for one in error.faults]
        as_json({"error": str(error), "exit": code, "faults": faults})
    return code
