"""The record: `log show`, `log verify`, `log export`, `log replay`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from notifier.cli.client import LONG_PATIENCE, Client, NoDaemon, connected
from notifier.cli.naming import incident_id
from notifier.cli.printing import as_json, in_one_line, progress, say
from notifier.cli.words import DONE, FAILED, Commands, Parser, asking, daemon_options, where_of
from notifier.errors import NotifierError

TOLD_EVERY = 5000  # events between two lines of progress: a second or so


def add(commands: Commands) -> None:
    group = commands.add_parser("log", help="the record: show, verify, replay, export")
    words = group.add_subparsers(metavar="WORD", required=True, parser_class=Parser, dest="word")
    show = words.add_parser(
        "show", parents=[daemon_options()], help="what happened, oldest first", description="Print what happened."
    )
    show.set_defaults(deed=asking(_show))
    export = words.add_parser(
        "export", parents=[daemon_options()], help="what happened, as JSON lines",
        description="Write every event as one JSON object per line, oldest first.",
    )  # fmt: skip
    export.add_argument("--to", metavar="FILE", help="write there, not to stdout; an existing file is not overwritten")
    export.set_defaults(deed=_export)
    for each in (show, export):
        each.add_argument("incident", metavar="INCIDENT", nargs="?", help="one incident only: its code or id")
    check = words.add_parser(
        "verify", parents=[daemon_options()], help="check every chain, seal and table of the record",
        description="Check that the record still says what was said. A running daemon checks its own store; without "
        "one the store of the folder is read. Exit code 1 if anything does not hold.",
    )  # fmt: skip
    check.set_defaults(deed=_verify)
    again = words.add_parser(
        "replay", parents=[daemon_options()], help="tell an incident again, and decide it again by today's code",
        description="Tell an incident step by step from the record, and make each decision again from what was known "
        "then. Says where today's code would decide otherwise; exit code 1 then. Without a daemon the store of the "
        "folder is read. What is not decided again: docs/explanation/replay.md.",
    )  # fmt: skip
    again.add_argument("incident", metavar="INCIDENT", help="its code, id, or the beginning of it")
    again.add_argument("--store", metavar="FILE", help="a store's file, as it lies in a backup, instead of the daemon")
    again.add_argument("--decisions", action="store_true", help="only what was decided, not what was only heard")
    again.set_defaults(deed=_replay)


async def _show(args: argparse.Namespace, client: Client) -> int:
    path = await _timeline(args, client)
    if args.json:
        as_json({"items": [item async for item in client.each(path)], "next": None})
        return DONE
    shown = 0
    async for item in client.each(path):
        say(f"{item['wall']}  {item['text']}")
        shown += 1
    if not shown:
        say("Nothing has happened yet.")
    return DONE


def _export(args: argparse.Namespace) -> int:
    if args.to is None:
        return asking(partial(_export_to, sys.stdout))(args)
    try:
        with Path(args.to).open("x", encoding="utf-8") as file:
            return asking(partial(_export_to, file))(args)
    except FileExistsError:
        raise NotifierError(f"{args.to} exists already. Name another file.") from None
    except OSError as error:
        raise NotifierError(f"{args.to} cannot be written: {error.strerror}. Name another place.") from None


async def _export_to(file: TextIO, args: argparse.Namespace, client: Client) -> int:
    count = 0
    async for item in client.each(await _timeline(args, client)):
        file.write(in_one_line(item) + "\n")
        count += 1
        if count % TOLD_EVERY == 0:
            progress(f"{count} events …")
    if args.to is None:
        return DONE
    if args.json:
        as_json({"file": args.to, "events": count})
    else:
        say(f"{count} events are written to {args.to}.")
    return DONE


async def _timeline(args: argparse.Namespace, client: Client) -> str:
    if args.incident is None:
        return "/timeline"
    return f"/incidents/{await incident_id(client, args.incident)}/timeline"


def _verify(args: argparse.Namespace) -> int:
    where = where_of(args)
    try:
        found = asyncio.run(_asked(args))
        by = "The running daemon"
    except NoDaemon as nobody:
        if where.server is not None:
            raise
        from notifier.cli.record_at_rest import looked_at  # reading a store needs much that asking a daemon does not

        progress(f"{nobody} Reading the store itself …")
        asked = looked_at(where.folder)
        if asked is None:
            raise
        by, found = asked
    faults = sum(each["fault"] for each in found)
    if args.json:
        as_json({"ok": not faults, "findings": list(found)})
    else:
        say(*(f"{'FAULT' if each['fault'] else 'note'}: {each['text']}" for each in found))
        if faults:
            say(f"{by} found {faults} faults. Keep a copy of the state folder before anything else.")
        else:
            say(f"{by} every chain, seal and table holds." if by.endswith(":") else f"{by} found that all of it holds.")
    return FAILED if faults else DONE


async def _asked(args: argparse.Namespace) -> Sequence[Mapping[str, Any]]:
    async with connected(where_of(args)) as client:
        found: Sequence[Mapping[str, Any]] = (await client.get("/log/verify", LONG_PATIENCE))["items"]
        return found


def _replay(args: argparse.Namespace) -> int:
    from notifier.cli.replaying import replayed, shown  # deciding again needs much that asking a daemon does not

    found = replayed(args, where_of(args))
    if args.json:
        as_json(found)
    else:
        say(*shown(found, decisions_only=args.decisions))
    return FAILED if found["counts"]["differs"] or found["faults"] else DONE
