"""A door of a response that runs: `doors open`, `doors confirm`."""

from __future__ import annotations

import argparse
from typing import Any

from notifier.cli.acting import told
from notifier.cli.client import Client
from notifier.cli.naming import incident_id
from notifier.cli.words import Commands, asking, daemon_options

SEEN = {"secured": True, "not-secured": False}


def add_words(words: Commands) -> None:
    """Below `doors`."""
    opened = words.add_parser(
        "open", parents=[daemon_options()], help="open one for a time; it is locked again by itself",
        description="Open a door for a time, for responders: recorded, read back, locked again when the time is over.",
    )  # fmt: skip
    opened.set_defaults(deed=asking(told(_open)))
    seen = words.add_parser(
        "confirm", parents=[daemon_options()], help="say what you have seen of one with your own eyes",
        description="Say what you have seen of a door; that counts as sensed, with your name.",
    )  # fmt: skip
    seen.set_defaults(deed=asking(told(_confirm)))
    for each in (opened, seen):
        each.add_argument("incident", metavar="INCIDENT", help="its code, id, or the beginning of it")
        each.add_argument("door", metavar="DOOR", help="the door's id")
    opened.add_argument("--seconds", type=float, default=10.0, help="how long, 3 to 600")
    seen.add_argument("seen", choices=tuple(SEEN), help="what you saw")


async def _open(args: argparse.Namespace, client: Client) -> Any:
    incident = await incident_id(client, args.incident)
    return await client.post(f"/incidents/{incident}/doors/{args.door}/open", {"seconds": args.seconds})


async def _confirm(args: argparse.Namespace, client: Client) -> Any:
    incident = await incident_id(client, args.incident)
    return await client.post(f"/incidents/{incident}/doors/{args.door}/confirm", {"secured": SEEN[args.seen]})
