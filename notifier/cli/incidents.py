"""Starting and seeing: `raise`, `drill`, `incidents`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from notifier.cli.client import Answered, Client
from notifier.cli.naming import incident_id
from notifier.cli.printing import as_json, listed, say, table
from notifier.cli.words import DONE, Commands, asking, daemon_options
from notifier.errors import NotFound


def add(commands: Commands) -> None:
    press = commands.add_parser(
        "raise", parents=[daemon_options()], help="start a live incident, or join the open one",
        description="Start a LIVE incident now. notifier never calls 911 for you.",
    )  # fmt: skip
    press.set_defaults(deed=asking(_raise))
    drill = commands.add_parser(
        "drill", parents=[daemon_options()], help="start a drill",
        description="Start a drill: marked as one everywhere; doors and people outside are left alone unless the "
        "playbook says otherwise.",
    )  # fmt: skip
    drill.set_defaults(deed=asking(_drill))
    for each in (press, drill):
        each.add_argument("playbook", metavar="PLAYBOOK", help="the playbook's id")
        each.add_argument("--zone", help="the zone where it is")
        each.add_argument("--note", default="", help="what was seen, in a few words")
    show = commands.add_parser(
        "incidents", parents=[daemon_options()], help="list incidents, or show one",
        description="List incidents, newest first, or show one as it stands.",
    )  # fmt: skip
    show.add_argument("incident", metavar="ID", nargs="?", help="an incident's code, id, or the beginning of it")
    show.add_argument("--open", action="store_true", help="only those that are not closed")
    show.add_argument("--limit", type=int, default=20, help="how many at most")
    show.set_defaults(deed=asking(_incidents))


async def _raise(args: argparse.Namespace, client: Client) -> int:
    await _known_playbook(client, args.playbook)
    pressed = await client.post("/activations", _said(args))
    if args.json:
        as_json(pressed)
        return DONE
    say("Call 911 now, if nobody is on the line yet.")
    return _tell(pressed, "Joined the open incident" if pressed["joined"] else f"{args.playbook} is started")


async def _drill(args: argparse.Namespace, client: Client) -> int:
    pressed = await client.post("/drills", _said(args))
    if args.json:
        as_json(pressed)
        return DONE
    return _tell(pressed, "Joined the drill that runs" if pressed["joined"] else f"DRILL of {args.playbook} is started")


def _said(args: argparse.Namespace) -> dict[str, str]:
    said = {"playbook": args.playbook, "zone": args.zone, "note": args.note}
    return {name: value for name, value in said.items() if value}


def _tell(pressed: Mapping[str, Any], what: str) -> int:
    say(f"{what}: incident {pressed['code']} ({pressed['incident']}).")
    if not pressed["recorded"]:
        say("It runs, but NOTHING IS BEING WRITTEN DOWN: the store is gone. Tell the technician.")
    say(*pressed["troubles"], f"See it: notifier incidents {pressed['code']}")
    return DONE


async def _known_playbook(client: Client, playbook: str) -> None:
    """A typing mistake here starts nothing; a device's press would fall back, but here somebody can type again.

    Who may not see the list presses all the same.
    """
    try:
        known = {item["id"] for item in (await client.get("/playbooks"))["items"]}
    except Answered as error:
        if error.status not in (401, 403):
            raise
        return
    if playbook not in known:
        raise NotFound(
            f"Nothing was started: there is no playbook {playbook!r}. There are: {', '.join(sorted(known))}."
        )


async def _incidents(args: argparse.Namespace, client: Client) -> int:
    if args.incident is None:
        page = await client.get("/incidents", open=args.open, limit=max(1, min(args.limit, 200)))
        if args.json:
            as_json(page)
            return DONE
        rows = [{**item, "kind": "DRILL" if item["drill"] else "live"} for item in page["items"]]
        columns = {
            "code": "code", "kind": "kind", "title": "what", "state": "state", "zone_name": "where",
            "raised_wall": "raised", "presser": "by", "id": "id",
        }  # fmt: skip
        table(rows, columns, "No incident is open." if args.open else "There has been no incident.")
        return DONE
    found = await client.get(f"/incidents/{await incident_id(client, args.incident)}")
    if args.json:
        as_json(found)
    else:
        say(*_picture(found))
    return DONE


def _picture(one: Mapping[str, Any]) -> list[str]:
    """One incident in lines, the worst first."""
    lines = [f"{'DRILL ' if one['drill'] else ''}{one['title']} {one['code']}: {one['state']} ({one['id']})"]
    if not one["recorded"]:
        lines.append("NOTHING IS BEING WRITTEN DOWN: the store is gone.")
    if one["doors_not_secured"]:
        doors = [f"{door['title']} ({door['lock']}: {door['reason']})" for door in one["doors_not_secured"]]
        lines.append(f"NOT secured: {len(doors)} of {one['doors']['commanded']}: {listed(doors, 20)}")
    elif one["doors"]["commanded"]:
        lines.append(f"doors: {one['doors']['secured']} of {one['doors']['commanded']} read back as secured")
    if not one["drill"] and one["state"] != "closed":
        lines.append(_outside(one))
    rooms = one["rooms"]
    lines.append(
        f"rooms: {rooms['released']} of {rooms['occupied']} released, {rooms['silent']} silent, "
        f"{rooms['need_help']} need help; {rooms['answered']} people answered"
    )
    for kind, states in sorted(one["deliveries"].items()):
        lines.append(f"{kind}: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    if one["outside_paused"]:
        lines.append("messages to people outside are paused: notifier hold-outside --resume lets them go on")
    if one["mistake_claimed"]:
        lines.append("the presser says that it was a mistake: NOT CONFIRMED")
    phases: dict[str, list[str]] = {}
    for step in one["steps"]:
        phases.setdefault(step["phase"].replace("_", " "), []).append(f"{step['id']} {step['state']}")
    lines += [
        f"steps ({phase}): {', '.join(phases[phase])}" for phase in sorted(phases, key=lambda each: each != "main")
    ]
    lines += [
        f"press: {press['received']} {press['zone'] or 'place not known'}, {press['presser']}"
        for press in one["presses"]
    ]
    lines += [
        f"waits for a second person: {each['what']}, asked by {each['first_name']}: notifier approve {each['id']}"
        for each in one["approvals"]
        if each["state"] == "asked"
    ]
    lines += [f"task ({task['state']}): {task['text']}" for task in one["tasks"] if task["state"] != "done"]
    if one["ended_how"]:
        lines.append(
            f"ended: {one['ended_how']} by {one['ended_by']}" + (f", {one['reason']}" if one["reason"] else "")
        )
    return lines


def _outside(one: Mapping[str, Any]) -> str:
    who = f" ({one['hand_off_who']})" if one["hand_off_who"] else ""
    state = str(one["hand_off"]).replace("_", " ")
    lead = "" if one["hand_off"] in ("accepted", "on_scene") else "Call 911 now. "
    return f"{lead}Dispatch: {state}{who}."
