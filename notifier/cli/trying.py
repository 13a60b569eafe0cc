"""`doors|signals|channels|speakers|cameras try`: what a device answers now, for somebody who stands before it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from notifier.cli.client import Client
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, FAILED
from notifier.errors import NotifierError

ABOUT = {
    "doors": "Ask one door's device now and say what its answer means. Reads only: no lock is moved without --command. "
    "Exit code 1 unless it could be locked and proven now.",
    "signals": "Ask one strobe or sign now what its output says. It stays dark without --light. Exit code 1 unless it "
    "answers, and with --light unless it came on and went dark again; that it is seen, only a person can say.",
    "channels": "Ask one sender's provider now. Nothing is sent. Exit code 1 unless it is well.",
    "speakers": "Ask one speaker's output now. Nothing sounds. Exit code 1 unless it is well.",
    "cameras": "Ask one camera for a picture now and say what came. Whether it shows the right place, only a person "
    "can say: --picture FILE. Exit code 1 unless it is well.",
}  # fmt: skip
ONE = {"doors": "door", "signals": "signal", "channels": "sender", "speakers": "speaker", "cameras": "camera"}
MODES = {
    "normal": "normal: badges and schedules work at its controller",
    "lockdown": "LOCKDOWN at its controller: badges and schedules do nothing",
}
YES_NO = {True: "on", False: "off", None: "unknown"}


async def try_one(args: argparse.Namespace, client: Client) -> int:
    """Exit code 0 if it is well."""
    body = {"command": True} if getattr(args, "move", False) else {}
    found = await client.post(f"/{args.kind}/{quote(args.one, safe='')}/try", body)
    if args.json:
        as_json(found)
    elif args.kind == "doors":
        _door(found)
    elif args.kind == "signals":
        _signal(found)
    elif args.kind == "cameras":
        _camera(found)
    else:
        name = found.get("sender") or found.get("speaker")
        say(f"{name}: {'well' if found['well'] else 'NOT WELL'} ({found['latency_ms']:g} ms)")
        say(f"  {found['text']}")
    if getattr(args, "picture", None) is not None:
        await _keep_picture(client, args.one, Path(args.picture))
    return DONE if found["well"] else FAILED


def _camera(found: Mapping[str, Any]) -> None:
    say(f"{found['name']}: {'well' if found['well'] else 'NOT WELL'}")
    say(f"  camera      {found['driver']} at {found['address']}, {found['latency_ms']:g} ms")
    say(f"  answered    {found['text']}")
    if found["size"] is not None:
        say(f"  picture     {found['size']}, {found['bytes']} bytes")
        say(f"  taken       {found['taken_at'] or 'the camera does not say'}")
    _to_do(found["to_do"])


async def _keep_picture(client: Client, camera: str, path: Path) -> None:
    """A second look: the first answer holds no picture. Raises NotifierError, and leaves no half file."""
    picture = await client.picture(f"/cameras/{quote(camera, safe='')}/still")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotifierError(f"{path} is there already, and nothing is written over it. Name another file.") from None
    except OSError as error:
        raise NotifierError(f"The picture cannot be written to {path}: {error.strerror}.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(picture)
    say(f"  kept        {path}, readable by you alone. It shows people: delete it when you have looked.")


def _door(found: Mapping[str, Any]) -> None:
    say(f"{found['title']}: {'well' if found['well'] else 'NOT WELL'}")
    _path(found)
    if found["held_by"]:
        say(f"  held by     the response {found['held_by']} holds it now")
    if (second := found["second_path"]) is not None:
        say("second path")
        _path(second)
    if (moved := found["command"]) is not None:
        say("command")
        say(f"  lock        {moved['lock']} after {moved['took_ms']:g} ms: {moved['answered'] or moved['fault']}")
        if moved["fault"]:
            say(f"  fault       {moved['fault']}")
        say(f"  means       {moved['meaning']}")
        _to_do(moved["to_do"])
        say(f"  afterwards  {moved['put_back']}")
    elif found["commandable"] and not found["held_by"]:
        say("Nothing was moved. Add --command to lock it, read it back and put it back as it was.")


def _signal(found: Mapping[str, Any]) -> None:
    say(f"{found['title']}: {'well' if found['well'] else 'NOT WELL'}")
    say(f"  device      {found['driver']} at {found['address']}, {found['latency_ms']:g} ms")
    say(f"  answered    {found['answered']}")
    say(f"  means       {found['meaning']}")
    if (lit := found["command"]) is not None:
        say(f"  lit         {lit['fault'] or lit['answered']}, for {lit['seconds']:g} s")
        say(f"  afterwards  {lit['afterwards']}")
    _to_do(found["to_do"])
    if found["command"] is None and not found["held_by"]:
        say("It was not lit. Add --light to light it for 3 seconds; tell the people near it first.")


def _path(found: Mapping[str, Any]) -> None:
    sensor = found["sensor"]
    reads = "none declared (sensed_by)"
    if sensor is not None:
        reads = "the controller's own lock monitor"
        if "input" in sensor:
            reads = f"input {sensor['input']}, secured when {YES_NO[sensor['secured_is']]}"
    say(f"  device      {found['driver']} at {found['address']}, {found['latency_ms']:g} ms")
    say(f"  answered    {found['answered']}")
    if (check := found["check"].removeprefix(f"{found['title']}: ").rstrip(".")) not in found["answered"]:
        say(f"  checked     {check}.")
    say(f"  means       {found['meaning']}")
    say(f"  proof       {found['proof'] or 'none'}")
    say(f"  sensor      {reads}")
    if found["mode"] is not None:
        say(f"  mode        {MODES[found['mode']]}")
    if found["leaves"]:
        say(f"  leaves      {found['leaves']}")
    wiring = f"secured when {found['secured_when'].replace('_', ' ')}; without power: {found['on_power_loss']}"
    say(f"  wiring      {wiring}; way out: {found['egress'] or 'NOT DECLARED'}")
    _to_do(found["to_do"])


def _to_do(todos: Sequence[str]) -> None:
    for number, todo in enumerate(todos):
        say(f"  {'to do       ' if not number else '            '}{todo}")
