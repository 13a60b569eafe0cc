"""`walk-test`: write down what a person heard and saw in a zone."""

from __future__ import annotations

import argparse

from notifier.cli.client import Client
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, Commands, asking, daemon_options

TRIED = {"yes": True, "no": False}


def add(commands: Commands) -> None:
    walk = commands.add_parser(
        "walk-test", parents=[daemon_options()], help="write down what you heard and saw in a zone",
        description="Record that you stood in a zone while the page was said and the signals were on, and what could "
        "be heard and seen there. Kept in the record with your name; readiness shows it with its age.",
    )  # fmt: skip
    walk.add_argument("zone", metavar="ZONE", help="the zone's id")
    walk.add_argument("--heard", choices=TRIED, help="whether the page could be heard; leave it out if not tried")
    walk.add_argument("--seen", choices=TRIED, help="whether a strobe or sign could be seen")
    walk.add_argument("--note", default="", help="where you stood, what was loud")
    walk.set_defaults(deed=asking(_walk))


async def _walk(args: argparse.Namespace, client: Client) -> int:
    body = {"note": args.note, "heard": TRIED.get(args.heard), "seen": TRIED.get(args.seen)}
    outcome = await client.post(f"/zones/{args.zone}/walk-test", body)
    if args.json:
        as_json(outcome)
    else:
        say(outcome["text"])
    return DONE
