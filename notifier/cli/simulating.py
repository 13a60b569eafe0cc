"""`simulate`: what a folder's files would do, played through by the real engine in virtual time. Nothing leaves."""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from notifier.cli.printing import as_json, progress, say
from notifier.cli.words import DONE, FAILED, Commands, folder_of, options
from notifier.errors import NotifierError, SetupError

if TYPE_CHECKING:
    from notifier.model.settings import Sender
    from notifier.testing.story import Story

LONGEST = 3600.0
"""Seconds of school time. An hour of a large school takes minutes to play."""
SOONEST, LATEST = 10.0, 90.0
"""Seconds in which somebody who answers does so; a guess, and no measurement of people."""
NOT_TOLD = frozenset({"deliveries_settled", "deliveries_reported", "timer_fired", "deliveries_written"})
"""Kinds of events that only the counts at the end are made of."""


def add(commands: Commands) -> None:
    simulate = commands.add_parser(
        "simulate", parents=[options()], help="play a playbook through with pretended devices and people",
        description="Play a folder's playbook through: the real engine, pretended doors, speakers, providers and "
        "people, and a clock that runs as fast as the machine can. No daemon is asked and nothing leaves this process. "
        "Real devices and carriers are slower and fail otherwise.",
    )  # fmt: skip
    simulate.add_argument("playbook", metavar="PLAYBOOK", help="the playbook's id")
    simulate.add_argument("--dir", metavar="DIR", help="the school's folder; else NOTIFIER_DIR, else this one")
    simulate.add_argument("--zone", help="the zone where it is pressed")
    simulate.add_argument("--drill", action="store_true", help="as a drill")
    simulate.add_argument("--for", dest="span", metavar="TIME", default="5m", help="how much school time (5m)")
    simulate.add_argument("--answers", type=int, default=90, metavar="PERCENT", help="how many of the people answer")
    simulate.add_argument("--jammed", action="append", default=[], metavar="DOOR", help="a door that does not lock")
    simulate.add_argument("--down", action="append", default=[], metavar="SENDER", help="a sender that takes nothing")
    simulate.add_argument("--seed", type=int, default=1, help="who answers, and when; the same seed is the same story")
    simulate.set_defaults(deed=_simulate)


def _simulate(args: argparse.Namespace) -> int:
    from notifier.adapters import Installed
    from notifier.cli.faults import senders_of
    from notifier.files.folder import read_folder
    from notifier.files.load import load
    from notifier.testing.fake_clock import seconds

    folder = folder_of(args.dir)
    files = read_folder(folder)
    senders = senders_of(folder) or {}
    loaded = load(files, Installed(), senders)
    if loaded.errors:
        raise SetupError(loaded.errors)
    try:
        span = seconds(args.span)
    except (ValueError, AssertionError):
        raise NotifierError(f"{args.span} is no time. Write it like 90s or 5m.") from None
    if not 0 < span <= LONGEST:
        raise NotifierError(f"--for takes up to {LONGEST / 60:g} minutes.")
    _known("playbook", [args.playbook], loaded.playbooks)
    _known("zone", [args.zone] if args.zone else [], {zone.id for zone in loaded.site.zones})
    _known("door", args.jammed, {door.id for door in loaded.site.doors})
    played, left_out = _played(senders)
    _known("sender", args.down, played)
    if not args.json:
        for name in left_out:
            progress(f"{name}: no pretended provider of this kind; nothing goes through it here.")
        progress(f"Playing {args.span} of {args.playbook} at {loaded.site.name} …")
    found = asyncio.run(_play(args, files, played, span))
    if args.json:
        as_json(found)
    else:
        _tell(found)
    return DONE if not found["faults"] else FAILED


async def _play(
    args: argparse.Namespace, files: Mapping[str, bytes], senders: Mapping[str, Sender], span: float
) -> dict[str, Any]:
    from notifier.testing.story import story

    faults: list[str] = []
    found: dict[str, Any] = {}
    try:
        async with story(files, senders=senders) as campus:
            found = await _one(args, campus, span)
    except AssertionError as error:  # what a story says at its end of a daemon that had a fault of its own
        faults.append(str(error).splitlines()[0])
    return {**found, "faults": faults}


async def _one(args: argparse.Namespace, campus: Story, span: float) -> dict[str, Any]:
    lot = random.Random(args.seed)
    for door in args.jammed:
        campus.door(door).jams()
    for sender in args.down:
        campus.sender(sender).fails()
    for person in campus.held.everybody:
        if lot.random() * 100 < args.answers:
            after = lot.uniform(SOONEST, LATEST)
            somebody = campus.campus.crowd[person.id]
            if campus.held.site.public_url is not None and "push" in person.addresses:
                somebody.taps("safe", after=after)
            else:
                somebody.texts("1", after=after)
    began = campus.now()
    if args.drill:
        pressed = await campus.drill(args.playbook, args.zone, ("simulate", None))
    else:
        pressed = await campus.press("simulate", playbook=args.playbook, zone=args.zone)
    await campus.advance(span)
    views = campus.daemon.views
    picture = views.incident(pressed.incident)
    happened: list[dict[str, Any]] = []
    wall = datetime.fromisoformat(picture["raised_wall"])
    cursor: str | None = None
    while True:
        page = views.timeline(pressed.incident, limit=200, after=cursor)
        happened += [
            {"seconds": round((datetime.fromisoformat(item["wall"]) - wall).total_seconds(), 1), "text": item["text"]}
            for item in page["items"]
            if item["text"] and item["kind"] not in NOT_TOLD
        ]
        cursor = page["next"]
        if cursor is None:
            break
    return {
        "playbook": args.playbook, "drill": args.drill, "seconds": campus.now() - began, "state": picture["state"],
        "doors": picture["doors"], "not_secured": picture["doors_not_secured"], "deliveries": picture["deliveries"],
        "rooms": picture["rooms"], "tasks": [task["text"] for task in picture["tasks"] if task["state"] != "done"],
        "happened": happened,
    }  # fmt: skip


def _played(senders: Mapping[str, Sender]) -> tuple[dict[str, Sender], list[str]]:
    """(senders that have a pretended provider, names of the others). Rates and caps stay as they are written."""
    from notifier.campus.in_process import KINDS

    played = {
        name: sender.model_copy(update={"settings": {}}) for name, sender in senders.items() if sender.channel in KINDS
    }
    return played, [name for name in senders if name not in played]


def _known(what: str, said: list[str], known: Any) -> None:
    from notifier.files.plain_words import nearest

    for each in said:
        if each not in known:
            raise NotifierError(f"There is no {what} {each!r}. {nearest(each, known)}".rstrip())


def _tell(found: Mapping[str, Any]) -> None:
    if "happened" in found:
        for item in found["happened"]:
            say(f"{item['seconds']:+8.1f}s  {item['text']}")
        doors, rooms = found["doors"], found["rooms"]
        say("", f"After {found['seconds']:g} s: {found['state']}. Everything here is pretended.")
        if doors["commanded"]:
            say(f"Doors: {doors['secured']} of {doors['commanded']} secured.")
        else:
            say("Doors: none was told anything; they stay as they were.")
        say(f"Rooms: {rooms['silent']} of {rooms['occupied']} silent; {rooms['answered']} people have answered.")
        for kind, states in sorted(found["deliveries"].items()):
            say(f"Messages by {kind}: {', '.join(f'{count} {state}' for state, count in sorted(states.items()))}.")
        for task in found["tasks"]:
            say(f"Needs a person: {task}")
    for fault in found["faults"]:
        say(f"A fault of ours: {fault}")
