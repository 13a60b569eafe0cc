"""Ending, holding, releasing and being the second person."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Mapping
from typing import Any

from notifier.cli.client import LONG_PATIENCE, Client
from notifier.cli.naming import incident_id
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, WAITS, Commands, asking, daemon_options
from notifier.errors import NotifierError

ENDINGS = {
    "all-clear": "give the all-clear; a second person confirms, then rooms are released",
    "recall": "stop what has not left and correct what has; a second person confirms",
    "mistake": "end it as a mistake; a second person confirms",
    "stop-drill": "stop a drill; one person does",
}


def add(commands: Commands) -> None:
    for word, what in ENDINGS.items():
        ending = _command(commands, word, what)
        ending.add_argument("--reason", default="", help="why, kept in the record")
        if word != "stop-drill":
            ending.add_argument("--code", default="", help="your confirmation code, if you have set one")
        if word == "mistake":
            ending.add_argument(
                "--only-say-so",
                action="store_true",
                help="end nothing yet: hold outside messages, tell 'not confirmed'",
            )
        ending.set_defaults(deed=asking(_end))
    approve = commands.add_parser(
        "approve", parents=[daemon_options()], help="be the second person, or let a waiting step start",
        description="With one word: grant or refuse an approval, or take back one's own. With two: let a step that "
        "waits for approval start, or refuse it.",
    )  # fmt: skip
    approve.add_argument("what", metavar="APPROVAL|INCIDENT", help="an approval's id, or an incident before a STEP")
    approve.add_argument("step", metavar="STEP", nargs="?", help="the id of a step that waits")
    approve.add_argument("--refuse", action="store_true", help="refuse; a step refused is skipped")
    approve.add_argument("--reason", default="", help="why a step, files or a message is refused; needed for that")
    approve.add_argument("--show", action="store_true", help="only show what proposed files would change")
    approve.add_argument("--code", default="", help="your confirmation code, if you have set one")
    approve.set_defaults(deed=asking(_approve))
    release = _command(commands, "release", "release rooms whose people were seen; opens no door")
    release.add_argument("rooms", metavar="ROOM", nargs="*", help="ids of rooms")
    release.add_argument(
        "--override", metavar="REASON", default="", help="release all that are left, unseen, for this reason"
    )
    release.set_defaults(deed=asking(_release))
    hold = _command(commands, "hold-outside", "pause messages to people outside, at once, by one person")
    hold.add_argument("--resume", action="store_true", help="let them go on")
    hold.set_defaults(deed=asking(_hold_outside))


def _command(commands: Commands, word: str, what: str) -> argparse.ArgumentParser:
    description = f"{what[:1].upper()}{what[1:]}."
    made: argparse.ArgumentParser = commands.add_parser(
        word, parents=[daemon_options()], help=what, description=description
    )
    made.add_argument("incident", metavar="INCIDENT", help="its code, id, or the beginning of it")
    made.set_defaults(word=word)
    return made


async def _end(args: argparse.Namespace, client: Client) -> int:
    incident = await incident_id(client, args.incident)
    if getattr(args, "only_say_so", False):
        return _told(args, await client.post(f"/incidents/{incident}/mistake/claim"))
    said = {"reason": args.reason}
    if code := getattr(args, "code", ""):
        said["code"] = code
    return _told(args, await client.post(f"/incidents/{incident}/{args.word}", said))


async def _approve(args: argparse.Namespace, client: Client) -> int:
    if args.show:
        return _shown(args, await client.get(f"/proposals/{args.what}"))
    if args.step is None:
        said = {"grant": not args.refuse, "code": args.code, "reason": args.reason}
        # Files are checked and their pages rendered before they run.
        return _told(args, await client.post(f"/approvals/{args.what}", said, LONG_PATIENCE))
    if args.refuse and not args.reason.strip():
        raise NotifierError("Say why the step is refused: --reason 'the doors stay locked tonight'. Nothing was done.")
    incident = await incident_id(client, args.what)
    if args.refuse:
        refused = await client.post(f"/incidents/{incident}/steps/{args.step}/refuse", {"reason": args.reason})
        return _told(args, refused)
    return _told(args, await client.post(f"/incidents/{incident}/steps/{args.step}/approve"))


def _shown(args: argparse.Namespace, asked: Mapping[str, Any]) -> int:
    """What proposed files would change, as `diff -u` shows it."""
    if args.json:
        as_json(asked)
        return DONE
    why = f": {asked['comment']}" if asked["comment"] else ""
    say(f"{asked['first_name']} proposes{why}", f"Made of version {asked['base']}; {asked['state']}.")
    if asked["overtaken"]:
        say("Another version was published since: this one cannot run any more.")
    for each in asked["changed"]:
        if each["sound"]:
            say("", f"{each['path']}: a recording, {'taken out' if each['gone'] else 'put in, or another one'}")
            continue
        before, after = (str(each[side] or "").splitlines() for side in ("before", "after"))
        names = (f"version {asked['base']}/{each['path']}", f"proposed/{each['path']}")
        say("", *difflib.unified_diff(before, after, *names, lineterm=""))
    return DONE


async def _release(args: argparse.Namespace, client: Client) -> int:
    incident = await incident_id(client, args.incident)
    if not args.rooms and not args.override:
        rooms = await client.get(f"/incidents/{incident}/rooms")
        left = [room["id"] for room in rooms["items"] if room["occupied"] and room["state"] != "released"]
        unseen = ", ".join(left) or "none"
        raise NotifierError(f"Nothing was done: name the rooms whose people were seen. Not released yet: {unseen}.")
    outcome = await client.post(f"/incidents/{incident}/release", {"rooms": args.rooms, "override": args.override})
    code = _told(args, outcome)
    if not args.json:
        say(f"The incident is {outcome['detail']['state']}.")
    return code


async def _hold_outside(args: argparse.Namespace, client: Client) -> int:
    incident = await incident_id(client, args.incident)
    word = "resume-outside" if args.resume else "hold-outside"
    return _told(args, await client.post(f"/incidents/{incident}/{word}"))


def _told(args: argparse.Namespace, outcome: Mapping[str, Any]) -> int:
    """Print what became of it; not done means that it waits for a second person."""
    if args.json:
        as_json(outcome)
    else:
        say(outcome["text"])
        if outcome["approval"]:
            say(f"Second person, with an account of their own: notifier approve {outcome['approval']}")
            say(f"It runs out at {outcome['expires']}.")
    return DONE if outcome["done"] else WAITS
