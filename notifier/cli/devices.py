"""What stands around and what is broken: `doors`, `signals`, `channels`, `speakers`, `troubles`."""

from __future__ import annotations

import argparse

from notifier.cli.client import Client
from notifier.cli.door_words import add_words
from notifier.cli.printing import as_json, say, table
from notifier.cli.trying import ABOUT, ONE, try_one
from notifier.cli.words import DONE, Commands, Parser, asking, daemon_options
from notifier.errors import NotFound

COLUMNS = {
    "doors": {
        "id": "id", "title": "door", "zone": "zone", "side": "side", "lock": "lock", "leaf": "leaf",
        "commanded": "commanded", "sensed_how": "sensed how",
    },
    "signals": {
        "id": "id", "name": "strobe or sign", "zone": "zone", "told": "told", "said": "reads", "asked": "can be asked",
        "seen": "last seen",
    },
    "channels": {
        "sender": "sender", "channel": "channel", "kind": "takes", "uplink": "uplink", "rate": "a second",
        "in_flight": "in flight", "passed_over": "passed over", "seen": "answered", "accepted": "took a message",
    },
    "speakers": {
        "id": "id", "name": "speaker", "zone": "zone", "channel": "channel", "asked": "can be asked",
        "seen": "last seen", "told": "last page",
    },
    "cameras": {
        "id": "id", "name": "camera", "zone": "zone", "driver": "driver", "answers": "well",
        "picture_at": "last picture", "said": "said",
    },
}  # fmt: skip


def add(commands: Commands) -> None:
    for kind in COLUMNS:
        group = commands.add_parser(kind, help=f"the {kind} of the site, as last known")
        words = group.add_subparsers(metavar="WORD", required=True, parser_class=Parser, dest="word")
        listing = words.add_parser(
            "list", parents=[daemon_options()], help=f"list the {kind}", description=f"List the {kind} as last known."
        )
        listing.set_defaults(deed=asking(_list), kind=kind)
        one = words.add_parser(
            "try", parents=[daemon_options()], help=f"ask one {ONE[kind]} now", description=ABOUT[kind]
        )
        one.add_argument("one", metavar=ONE[kind].upper(), help=f"the {ONE[kind]}'s id")
        if kind == "doors":
            one.add_argument(
                "--command", action="store_true", dest="move",
                help="also lock it, read it back and put it back as it was; refused while a response is open",
            )  # fmt: skip
            add_words(words)
        if kind == "signals":
            one.add_argument(
                "--light", action="store_true", dest="move",
                help="also light it for 3 seconds and make it dark again; refused while a response is open",
            )  # fmt: skip
        if kind == "cameras":
            one.add_argument(
                "--picture", metavar="FILE",
                help="write the picture to FILE, which must not exist yet; that you looked is written down",
            )  # fmt: skip
        one.set_defaults(deed=asking(try_one), kind=kind)
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
