"""People: `contacts list` asks the daemon, `contacts import` works on files alone."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier.cli.client import Client
from notifier.cli.printing import as_json, listed, progress, say, table
from notifier.cli.words import DONE, FAILED, Commands, Parser, asking, daemon_options, folder_of, options
from notifier.errors import NotifierError

if TYPE_CHECKING:
    from notifier.files.importing.plan import ImportPlan

COLUMNS = {
    "id": "id", "name": "name", "room": "room", "roles": "roles", "groups": "groups", "on_site": "on site",
    "reached_by": "reached by",
}  # fmt: skip
SHOWN = 20
"""Rows of each kind that a person reads; --json has all."""


def add(commands: Commands) -> None:
    group = commands.add_parser("contacts", help="the people: list them, import them")
    words = group.add_subparsers(metavar="WORD", required=True, parser_class=Parser, dest="word")
    listing = words.add_parser(
        "list", parents=[daemon_options()], help="list the published people, numbers masked",
        description="List the published people; numbers are shown in part.",
    )  # fmt: skip
    listing.set_defaults(deed=asking(_list))
    bring = words.add_parser(
        "import", parents=[options()], help="bring in an export: a table of any kind, or a OneRoster zip",
        description="Read people out of another program's export and write them into a contacts file of the folder. "
        "Columns are found by their headings; numbers are read with their country; what is wrong is said row by row. "
        "Nothing is published by it.",
    )  # fmt: skip
    bring.add_argument("export", metavar="FILE", help="a CSV of any separator and encoding, or a OneRoster 1.1/1.2 zip")
    bring.add_argument(
        "--dir", metavar="DIR", default=None, help="the school's folder; else NOTIFIER_DIR, else this one"
    )
    bring.add_argument("--into", metavar="NAME", default="imported", help="contacts/NAME.csv is written")
    bring.add_argument("--dry-run", action="store_true", help="only say what would change")
    bring.add_argument("--country", metavar="CC", default="US", help="of numbers without a country code (ISO 3166)")
    bring.add_argument("--map", metavar="FIELD=HEADING", action="append", default=[], help="name a column yourself")
    bring.add_argument("--role", metavar="THEIRS=OURS", action="append", default=[], help="call a role otherwise")
    bring.add_argument("--group", metavar="GROUP", action="append", default=[], help="a group for all of them")
    bring.add_argument("--school", metavar="NAME", default=None, help="which school of a OneRoster export")
    bring.add_argument("--students", action="store_true", help="take students of a OneRoster export too")
    bring.add_argument("--accept-gone", action="store_true", help="write it although most people would be gone")
    bring.set_defaults(deed=_import)


async def _list(args: argparse.Namespace, client: Client) -> int:
    found = [person async for person in client.each("/contacts")]
    if args.json:
        as_json({"items": found})
    else:
        rows = [{**person, "reached_by": sorted(person["addresses"])} for person in found]
        table(rows, COLUMNS, "Nobody is published.")
    return DONE


def _import(args: argparse.Namespace) -> int:
    from notifier.files.folder import read_folder, write_folder
    from notifier.files.importing.limits import LARGEST_UNPACKED
    from notifier.files.importing.numbers import is_country
    from notifier.files.importing.plan import written
    from notifier.files.importing.school import plan_for

    if not is_country(args.country):
        raise NotifierError(f"{args.country} is no country code. Write two letters, like US, MX or DE.")
    folder, target = folder_of(args.dir), f"contacts/{args.into.removesuffix('.csv')}.csv"
    try:
        with Path(args.export).open("rb") as file:
            export = file.read(LARGEST_UNPACKED)
    except OSError as error:
        raise NotifierError(f"{args.export} cannot be read: {error.strerror}.") from None
    plan = plan_for(
        read_folder(folder), Path(args.export).name, export, target=target, country=args.country,
        groups=tuple(args.group), roles=_pairs("--role", args.role), chosen=_pairs("--map", args.map),
        school=args.school, students=args.students,
        progress=None if args.json else lambda count: progress(f"{count:,} rows read …"),
    )  # fmt: skip
    most_gone = len(plan.gone) > len(plan.people) and not args.accept_gone
    writes = bool(plan.people) and not args.dry_run and not most_gone
    if writes:
        write_folder(folder, {target: written(plan.people)}, overwrite=True)
    if args.json:
        as_json(_as_data(plan, target, written=writes))
    else:
        _tell(plan, target)
        say("", _result(plan, target, folder, args.dry_run, most_gone))
    return DONE if plan.people and not most_gone else FAILED


def _result(plan: ImportPlan, target: str, folder: Path, dry: bool, most_gone: bool) -> str:
    if not plan.people:
        return "Nobody could be taken; nothing was written."
    if most_gone:
        return (
            f"Nothing was written: {len(plan.gone)} people would be gone and {len(plan.people)} stay. "
            "Is this the whole export? If so: --accept-gone."
        )
    if dry:
        return f"Nothing was written (--dry-run). Without it {target} would hold {len(plan.people)} people."
    return f"{target} holds {len(plan.people)} people now. Next: notifier check {folder}"


def _tell(plan: ImportPlan, target: str) -> None:
    counts = (
        (len(plan.added), "new"), (len(plan.changed), "changed"), (len(plan.same), "as before"),
        (len(plan.gone), "gone"), (len(plan.refused), "refused"), (len(plan.doubtful), "to look at"),
    )  # fmt: skip
    say(f"{plan.file} → {target}: {', '.join(f'{count} {word}' for count, word in counts)}.", *plan.notes)
    if plan.unread:
        say(f"Not taken from it: {listed(plan.unread)}. A column is named by --map FIELD=HEADING.")
    _some("Refused", [f"line {one.line}: {one.name or '(no name)'}: {one.refused}" for one in plan.refused])
    _some("May be somebody else's second entry", [f"line {one.line}: {one.name} {why}" for one, why in plan.doubtful])
    _some("Changed", [f"{one.id}: {', '.join(columns)}" for one, columns in plan.changed])
    _some("Gone: in the file until now, not in the export", plan.gone)
    noted = [
        f"line {one.line}: {one.name}: {'; '.join(note.rstrip('.') for note in one.notes)}"
        for one in plan.people
        if one.notes
    ]
    _some("Taken, but not all of it", noted)


def _some(title: str, lines: list[str]) -> None:
    if lines:
        more = [f"  … and {len(lines) - SHOWN} more; --json has all"] if len(lines) > SHOWN else []
        say("", f"{title}:", *(f"  {line}" for line in lines[:SHOWN]), *more)


def _as_data(plan: ImportPlan, target: str, *, written: bool) -> dict[str, Any]:
    def shown(one: Any) -> dict[str, Any]:
        return {name: value for name, value in dataclasses.asdict(one).items() if name != "cells"} | {
            "id": one.id,
            "name": one.name,
        }

    return {
        "file": plan.file, "target": target, "written": written, "notes": plan.notes, "unread": plan.unread,
        "added": [shown(one) for one in plan.added],
        "changed": [{**shown(one), "columns": columns} for one, columns in plan.changed],
        "same": len(plan.same), "gone": plan.gone, "refused": [shown(one) for one in plan.refused],
        "doubtful": [{**shown(one), "why": why} for one, why in plan.doubtful],
    }  # fmt: skip


def _pairs(option: str, said: list[str]) -> dict[str, str]:
    pairs = {}
    for each in said:
        ours, equals, theirs = each.partition("=")
        if not equals:
            raise NotifierError(f"{option} {each} has no =. Write it like {option} sms=Mobile.")
        pairs[ours.strip() if option == "--map" else ours.strip().casefold()] = theirs.strip()
    return pairs
