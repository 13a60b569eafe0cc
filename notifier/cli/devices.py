"""What stands around and what is broken: `doors`, `channels`, `speakers`, `troubles`. They command nothing."""

from __future__ import annotations

import argparse

from notifier.cli.client import Client
from notifier.cli.printing import as_json, say, table
from notifier.cli.words import DONE, FAILED, Commands, Parser, asking, daemon_options
from notifier.errors import NotFound

COLUMNS = {
    "doors": {
        "id": "id", "title": "door", "zone": "zone", "side": "side", "lock": "lock", "leaf": "leaf",
        "commanded": "commanded", "sensed_how": "sensed how",
    },
    "channels": {
        "sender": "sender", "channel": "channel", "kind": "takes", "uplink": "uplink", "rate": "a second",
        "in_flight": "in flight", "passed_over": "passed over",
    },
    "speakers": {"id": "id", "name": "speaker", "zone": "zone", "channel": "channel"},
}  # fmt: skip


def add(commands: Commands) -> None:
    for kind in COLUMNS:
        group = commands.add_parser(kind, help=f"the {kind} of the site, as last known")
        words = group.add_subparsers(metavar="WORD", required=True, parser_class=Parser, dest="word")
        listing = words.add_parser(
            "list", parents=[daemon_options()], help=f"list the {kind}", description=f"List the {kind} as last known."
        )
        listing.set_defaults(deed=asking(_list), kind=kind)
        if kind == "doors":
            one = words.add_parser(
                "try", parents=[daemon_options()], help="show what was last read from one door",
                description="Show what was last read from one door; exit code 1 unless its sensor says secured. "
                "Reads only: no lock is commanded.",
            )  # fmt: skip
            one.add_argument("door", metavar="DOOR", help="the door's id")
            one.set_defaults(deed=asking(_try))
    troubles = commands.add_parser(
        "troubles", help="what of ours is broken; 'ack' says that you know",
        parents=[daemon_options()], description="List troubles, or acknowledge one.",
    )  # fmt: skip
    troubles.add_argument("word", choices=("ack",), nargs="?", help="ack: say that you know of it")
    troubles.add_argument("trouble", metavar="ID", nargs="?", help="the trouble's id")
    troubles.set_defaults(deed=asking(_troubles))


async def _list(args: argparse.Namespace, client: Client) -> int:
    found = await client.get(f"/{args.kind}")
    if args.json:
        as_json(found)
    else:
        table(found["items"], COLUMNS[args.kind], f"The published site has no {args.kind}.")
    return DONE


async def _try(args: argparse.Namespace, client: Client) -> int:
    doors = {door["id"]: door for door in (await client.get("/doors"))["items"]}
    if args.door not in doors:
        raise NotFound(
            f"The published site has no door {args.door!r}. There are: {', '.join(sorted(doors)) or 'none'}."
        )
    door = doors[args.door]
    if args.json:
        as_json(door)
    else:
        say(f"{door['title']} was last read as {door['lock']} ({door['sensed_how'] or 'no answer yet'}).")
        if not door["commandable"]:
            say("It is never commanded: its egress is not declared.")
        if not door["sensor"]:
            say("It has no sensor: nothing but a person can say that it is secured.")
    return DONE if door["lock"] == "secured" else FAILED


async def _troubles(args: argparse.Namespace, client: Client) -> int:
    if args.word == "ack":
        if args.trouble is None:
            raise NotFound("Name the trouble's id: notifier troubles ack ID. 'notifier troubles' lists them.")
        outcome = await client.post(f"/troubles/{args.trouble}/acknowledge")
        if args.json:
            as_json(outcome)
        else:
            say(outcome["text"])
        return DONE
    found = await client.get("/troubles")
    if args.json:
        as_json(found)
    else:
        columns = {"id": "id", "state": "state", "raised_wall": "since", "by_whom": "known to", "text": "what"}
        table(found["items"], columns, "No trouble is known.")
    return DONE
