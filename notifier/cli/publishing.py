"""`publish` and `plan`: what shall run, and what would happen then."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Mapping
from typing import Any

from notifier.cli.client import LONG_PATIENCE, Client
from notifier.cli.printing import as_json, listed, progress, say
from notifier.cli.words import DONE, Commands, asking, daemon_options
from notifier.files.folder import read_folder, write_folder


def add(commands: Commands) -> None:
    publish = commands.add_parser(
        "publish", parents=[daemon_options()], help="make the running daemon use a folder's files",
        description="Send the folder's files to the running daemon. It checks them, all or none, and runs them from "
        "then on; open incidents go on with what they began with.",
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
        return DONE
    where = f" pressed in {plan['zone']}" if plan["zone"] else ""
    say(f"{'DRILL of ' if plan['drill'] else ''}{plan['title']} ({plan['action']}){where}. Nothing is done by this.")
    for phase, steps in plan["phases"].items():
        say("", f"{_PHASES.get(phase, phase)}:")
        for step in steps:
            say(f"  {_when(step):>7}  {step['step']}: {_what(step)}")
            for line in _more(step):
                say(f"           {line}")
    if last := plan.get("slowest"):
        say(
            "",
            f"The slowest is {last['sender']}: its last message is handed over after {last['at']:g} s "
            f"({last['step']}). Carriers take longer, and approvals longer still.",
        )
    if carriers := plan.get("carriers"):
        say("", "At the worst, if everybody is a customer of this carrier:", *(_carrier(each) for each in carriers))
    say("", *(f"warning: {each}" for each in plan["warnings"]))
    return DONE


_PHASES = {"main": "When it is pressed", "all_clear": "At the all-clear", "correction": "At a recall or a mistake"}


def _carrier(row: Mapping[str, Any]) -> str:
    limits = [f"{row['per_second'] * 60:g} a minute"] if row["per_second"] else []
    limits += [f"{row['per_day']} a day"] if row["per_day"] else []
    over = f"; {row['dropped']} segments are over its day and dropped" if row["dropped"] else ""
    registered = row["class"] + ("" if row["verified"] else ", NOT verified")
    return (
        f"  {row['sender']} ({registered}), {row['carrier']}: {' and '.join(limits)}; {row['segments']} segments, "
        f"the last one after {row['last_at']:g} s{over}"
    )


def _when(step: Mapping[str, Any]) -> str:
    return f"{'≥ ' if step['after'] else ''}{step['begins']:g} s"


def _what(step: Mapping[str, Any]) -> str:
    if "within" in step:
        return f"secure {_names(step['doors'])}, within {step['within']:g} s"
    if "second_confirmation" in step:
        asked = step["second_confirmation"]
        more = f"; {listed(asked)} on a second confirmation" if asked else ""
        modes = step.get("leaves_lockdown") or ()
        return f"restore {_names(step['doors'])}{more}" + (f"; out of lockdown mode: {listed(modes)}" if modes else "")
    if "speakers" in step:
        again = f", again every {step['again_every']:g} s" if step["again_every"] else ""
        return f"page on {step['speakers']} speakers, {step['times']} times{again}, in {listed(step['languages'])}"
    if "signals" in step:
        return f"signals {_names(step['signals'])}"
    if "people" in step:
        return f"{step['deliveries']} messages to {step['people']} people"
    return str(step["deed"])


def _more(step: Mapping[str, Any]) -> list[str]:
    lines = []
    if step["after"]:
        lines.append(f"after {listed(step['after'])} has finished or failed")
    if step["approve"]:
        lines.append(f"waits until one of {listed(step['approve'])} approves")
    for sender in step.get("senders", ()):
        last = sender["last_handed_over_s"]
        limit = f"{sender['rate']:g} a second: the last is handed over after {last:g} s" if last else "no limit set"
        lines.append(f"{sender['sender']}: {sender['messages']} messages, {limit}")
    if step.get("unreachable"):
        lines.append(f"{step['unreachable']} people cannot be reached")
    if step.get("opted_out"):
        lines.append(f"{step['opted_out']} have opted out")
    for why, count in step.get("left_out", {}).items():
        lines.append(f"{count} people are left out: {_LEFT_OUT.get(why, why)}")
    if step.get("quiet_until"):
        lines.append(f"quiet hours: pressed now, it waits until {step['quiet_until']}")
    for number, level in enumerate(step.get("escalation", ()), 1):
        lines.append(
            f"no answer after {level['wait']:g} s (level {number}): to {listed(level['to'])} by {listed(level['by'])}"
        )
    lines += [f"says ({each['language']}): {each['text']}" for each in step.get("previews", ())]
    if step.get("cannot_be_proven"):
        lines.append(f"cannot be proven secured, no sensor: {listed(step['cannot_be_proven'])}")
    return lines


_LEFT_OUT = {
    "no_consent": "no consent to routine messages",
    "quiet_hours": "quiet hours, in which this site sends nothing routine",
}


def _names(names: list[str]) -> str:
    return f"{len(names)}: {listed(names)}" if names else "none"
