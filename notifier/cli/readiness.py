"""`readiness`: what would be missing if somebody pressed now, and when it must be mended."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from notifier.cli.client import Client
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, FAILED, Commands, asking, daemon_options

HEADINGS = {
    "now": "Mend now",
    "before_school": "Mend before school",
    "next_workday": "Mend on the next workday",
    "never": "Known, and left so",
}


def add(commands: Commands) -> None:
    readiness = commands.add_parser(
        "readiness", parents=[daemon_options()], help="what would be missing if somebody pressed now",
        description="List what would be missing if somebody pressed now: troubles, doors that cannot be proven, people "
        "out of reach, rooms that hear or see nothing, agreements, drills, walk tests, seals. Exit code 1 if anything "
        "must be mended before people come in.",
    )  # fmt: skip
    readiness.set_defaults(deed=asking(_readiness))


async def _readiness(args: argparse.Namespace, client: Client) -> int:
    items: list[Mapping[str, Any]] = []
    reach: list[Mapping[str, Any]] = []
    after: str | None = None
    while True:
        page = await client.get("/readiness", limit=200, after=after)
        items += page["items"]
        after, reach = page["next"], page["reach"]
        if after is None:
            break
    missing = [item for item in items if item["well"] is not True]
    urgent = [item for item in missing if item["when"] in ("now", "before_school")]
    if args.json:
        as_json({"items": items, "reach": reach, "ready": not urgent})
        return FAILED if urgent else DONE
    for when, heading in HEADINGS.items():
        group = [item for item in missing if item["when"] == when]
        if not group:
            continue
        by = f" (by {group[0]['mend_by'][:16].replace('T', ' ')})" if group[0]["mend_by"] and when != "now" else ""
        say(f"{heading}{by}")
        for item in group:
            say(f"  {item['kind']:<12}{item['what']}", *_whose(item))
    if short := [row for row in reach if row["out_of_reach"]]:
        say("Out of reach by each kind alone (most people have another)")
        for row in short:
            say(f"  {row['kind']:<12}{row['out_of_reach']} of {row['people']} {row['group']}")
    well = len(items) - len(missing)
    if well:
        say(f"Well: {well} walk tests.")
    if not missing:
        say("Nothing is known to be missing. What nobody looks at is not known.")
    return FAILED if urgent else DONE


def _whose(item: Mapping[str, Any]) -> list[str]:
    if item["owner"]:
        return [f"{'':<14}{item['owner']} has it."]
    return [f"{'':<14}for {', '.join(item['for'])}"] if item["for"] else []
