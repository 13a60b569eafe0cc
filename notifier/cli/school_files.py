"""What is done with files alone, without a daemon: `init`, `check`, `schema`."""

from __future__ import annotations

import argparse
import dataclasses

from notifier.cli.printing import as_json, printable, say
from notifier.cli.words import DONE, FAILED, Commands, folder_of, options

KINDS = ("contacts", "playbook", "settings", "site")


def add(commands: Commands) -> None:
    init = commands.add_parser(
        "init", parents=[options()], help="write a small commented school to start from",
        description="Write a site file, playbooks, invented people and settings into a folder. Nothing is overwritten.",
    )  # fmt: skip
    init.add_argument("folder", metavar="DIR", help="the new school's folder")
    init.add_argument("--name", default="Example School", help="the school's name")
    init.set_defaults(deed=_init)
    check = commands.add_parser(
        "check", parents=[options()], help="find every mistake in a folder's files at once",
        description="Check site, playbooks, contacts and settings: every fault with file, line and column, and what to "
        "do. Exit code 1 if there is an error; warnings alone do not count.",
    )  # fmt: skip
    check.add_argument("folder", metavar="DIR", nargs="?", help="the school's folder; else NOTIFIER_DIR, else this one")
    check.add_argument("--format", choices=("text", "json"), default="text", help="json is the same as --json")
    check.set_defaults(deed=_check)
    schemas = commands.add_parser(
        "schema", parents=[options()], help="print the JSON Schema of one kind of file",
        description="Print a JSON Schema (draft 2020-12), for editors that complete and underline.",
    )  # fmt: skip
    schemas.add_argument("kind", choices=KINDS, help="which kind of file")
    schemas.set_defaults(deed=_schema)


def _init(args: argparse.Namespace) -> int:
    from notifier.files.starter import write_starter

    written = write_starter(args.folder, args.name)
    if args.json:
        as_json({"folder": args.folder, "files": list(written)})
        return DONE
    say(f"{len(written)} files are written to {args.folder}: {', '.join(written)}.")
    say("Every device and person in them is invented. Put yours in, then type:")
    say(f"  notifier check {args.folder}", f"  notifier run {args.folder}")
    return DONE


def _check(args: argparse.Namespace) -> int:
    from notifier.cli.faults import faults_in  # every reader and driver: nobody else waits for that import

    faults = faults_in(folder_of(args.folder))
    errors = sum(fault.level == "error" for fault in faults)
    if args.json or args.format == "json":
        as_json({"ok": not errors, "faults": [dataclasses.asdict(fault) for fault in faults]})
        return FAILED if errors else DONE
    for fault in faults:
        print(printable(str(fault)))
    warnings = len(faults) - errors
    counted = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}."
    say(f"{counted} {'Mend the errors; they cannot be published.' if errors else 'This can be published.'}")
    return FAILED if errors else DONE


def _schema(args: argparse.Namespace) -> int:
    from notifier.files.schema import schema

    as_json(schema(args.kind))
    return DONE


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number or 'no'} {word}s"
