"""`publish` and `plan`: what shall run, and what would happen then."""

from __future__ import annotations

import argparse
import base64

from notifier.cli.client import LONG_PATIENCE, Client
from notifier.cli.plan_words import told
from notifier.cli.printing import as_json, progress, say
from notifier.cli.words import DONE, WAITS, Commands, asking, daemon_options
from notifier.files.folder import read_folder, write_folder


def add(commands: Commands) -> None:
    publish = commands.add_parser(
        "publish", parents=[daemon_options()], help="make the running daemon use a folder's files",
        description="Send the folder's files to the running daemon. It checks them, all or none, and runs them from "
        "then on; open incidents go on with what they began with. Where the site file says that publishing takes two, "
        "they are proposed, and run when another person approves.",
    )  # fmt: skip
    publish.add_argument("folder", metavar="DIR", help="the school's folder")
    publish.add_argument("--comment", default="", help="what has changed and why, kept in the record")
    publish.set_defaults(deed=asking(_publish, named="folder"))
    pull = commands.add_parser(
        "pull", parents=[daemon_options()], help="write what is published back into a folder",
        description="Fetch the files of a published version from the running daemon and write them into a folder. "
        "Nothing that differs is overwritten unless you say so; settings and secrets are never among them.",
    )  # fmt: skip
    pull.add_argument("folder", metavar="DIR", help="where to write them")
    pull.add_argument("--version", default="newest", metavar="N", help="an older version; else the newest")
    pull.add_argument("--overwrite", action="store_true", help="replace files that differ")
    pull.set_defaults(deed=asking(_pull))
    plan = commands.add_parser(
        "plan", parents=[daemon_options()], help="show what would happen; nothing is done",
        description="Ask the running daemon what a playbook, as published, would do: second by second, to whom, "
        "through which limits.",
    )  # fmt: skip
    plan.add_argument("playbook", metavar="PLAYBOOK", help="the playbook's id")
    plan.add_argument("--zone", help="the zone where it would be pressed")
    plan.add_argument("--drill", action="store_true", help="as a drill")
    plan.set_defaults(deed=asking(_plan))


async def _publish(args: argparse.Namespace, client: Client) -> int:
    files = read_folder(args.folder)
    progress(f"Checking {len(files)} files and rendering their pages …")
    sent = {path: base64.b64encode(body).decode() for path, body in files.items()}
    outcome = await client.post("/publications", {"comment": args.comment, "files": sent}, LONG_PATIENCE)
    if args.json:
        as_json(outcome)
    elif not outcome["done"]:
        say(outcome["text"])
        say(f"Second person, to see it:    notifier approve {outcome['approval']} --show")
        say(f"Second person, to decide:    notifier approve {outcome['approval']}")
        say(f"It runs out at {outcome['expires']}.")
    if not outcome["done"]:
        return WAITS
    if args.json:
        return DONE
    say(outcome["text"], *(f"warning: {each}" for each in outcome["detail"].get("warnings", ())))
    return DONE


async def _pull(args: argparse.Namespace, client: Client) -> int:
    found = await client.get(f"/publications/{args.version}", recordings=True)
    files = {path: text.encode() for path, text in found["files"].items()}
    files |= {path: base64.b64decode(sound) for path, sound in found["recordings"].items()}
    write_folder(args.folder, files, overwrite=args.overwrite)
    if args.json:
        as_json({"version": found["version"], "author": found["author"], "files": sorted(files)})
        return DONE
    when = f"published by {found['author']} at {found['wall']}"
    say(f"{len(files)} files of version {found['version']}, {when}, are written to {args.folder}.")
    if extra := sorted(set(read_folder(args.folder)) - set(files)):
        say(f"Also in this folder, and not published: {', '.join(extra)}.")
    return DONE


async def _plan(args: argparse.Namespace, client: Client) -> int:
    plan = await client.get(f"/playbooks/{args.playbook}/plan", zone=args.zone, drill=args.drill)
    if args.json:
        as_json(plan)
    else:
        say(*told(plan))
    return DONE
