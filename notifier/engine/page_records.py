"""What became of pages and of stops, written down speaker by speaker. Bodies only.

A page is one command for each kind of output. What is known of its speakers stands in the command's detail, under
`speakers`: id to state, what was seen, and who says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from notifier.engine.device_records import task_row
from notifier.engine.scene import Scene
from notifier.engine.writing import decoded
from notifier.errors import NotFound
from notifier.interfaces import PageReport, Playing
from notifier.model.door import CommandState, CommandWord, move_command
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row


class Said(StrEnum):
    """What is known of one page on one speaker."""

    SENT = "sent"  # it left; nobody has confirmed anything
    PLAYING = "playing"  # the device says that it plays
    NOT_PLAYING = "not_playing"  # the device took it and says that it does not play
    NO_ANSWER = "no_answer"  # it left, and the device that could say more does not answer
    FAILED = "failed"  # it did not get there
    HEARD = "heard"  # a named person heard it
    NOT_HEARD = "not_heard"  # a named person stood there and did not


def detail_of(command: Mapping[str, Any]) -> dict[str, Any]:
    written = command["detail"] or ""
    return dict(decoded(written)) if written.startswith("{") else {}


def _with_speakers(known: Mapping[str, Any], found: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A person's word about a speaker stands; whatever a device says of itself is only the next best."""
    speakers = dict(known.get("speakers", {}))
    for speaker, said in found.items():
        if speakers.get(speaker, {}).get("state") not in (Said.HEARD, Said.NOT_HEARD):
            speakers[speaker] = dict(said)
    return {**known, "speakers": speakers}


def _row(scene: Scene, command: str, detail: Mapping[str, Any], **more: Any) -> Row:
    return Row("command", {"site": scene.site, "id": command, "detail": json.dumps(detail), **more})


def started_body(scene: Scene, command: str, speakers: Sequence[str]) -> Body[None]:
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    sent = {speaker: {"state": str(Said.SENT), "detail": ""} for speaker in speakers}
    before = detail_of(known[0])
    detail = {**before, "speakers": {**sent, **before.get("speakers", {})}}
    data = {"command": command, "speakers": list(speakers)}
    yield Fact(EventKind.PAGE_STARTED, scene.site, scene.incident, data, [_row(scene, command, detail)])


def asked_body(scene: Scene, command: str, found: Mapping[str, Playing], names: Mapping[str, str]) -> Body[None]:
    """What the devices say. One that took the page and does not play is somebody's task."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    states = {True: Said.PLAYING, False: Said.NOT_PLAYING, None: Said.NO_ANSWER}
    said = {one: {"state": str(states[each.on]), "detail": each.detail} for one, each in found.items()}
    detail = _with_speakers(detail_of(known[0]), said)
    silent = [speaker for speaker, each in found.items() if each.on is False]
    rows = [_row(scene, command, detail)]
    if silent:
        listed = "; ".join(f"{names[speaker]} ({found[speaker].detail})" for speaker in silent)
        text = f"The page was taken and does NOT play on: {listed}. Say it another way there."
        rows.append(task_row(scene, f"page_silent:{command}", "page_not_playing", command, text, scene.now))
    data = {"command": command, "said": {one: each["state"] for one, each in said.items()}}
    yield Fact(EventKind.PAGE_CONFIRMED, scene.site, scene.incident, data, rows)


def heard_body(site: str, incident: str, speaker: str, heard: bool, name: str) -> Body[None]:
    """A person stood there: of the newest page that was sent to that speaker. Raises NotFound."""
    commands = yield Ask("commands_full", {"site": site, "incident": incident})
    pages = [each for each in commands if each["kind"] == "page" and speaker in detail_of(each).get("speakers", {})]
    if not pages:
        raise NotFound(f"No page of incident {incident} was sent to a speaker {speaker}.")
    known = yield Ask("lock_command", {"site": site, "id": pages[-1]["id"]})
    detail = detail_of(known[0])
    state = Said.HEARD if heard else Said.NOT_HEARD
    detail["speakers"] = {**detail["speakers"], speaker: {"state": str(state), "detail": "", "by": name}}
    row = Row("command", {"site": site, "id": pages[-1]["id"], "detail": json.dumps(detail)})
    data = {"command": pages[-1]["id"], "speaker": speaker, "heard": heard, "by": name}
    yield Fact(EventKind.PAGE_CONFIRMED, site, incident, data, [row])


def over_body(
    scene: Scene, command: str, kind: str, names: Mapping[str, str], report: PageReport, fault: str, now: float
) -> Body[None]:
    """Sent is not heard: a page that left whole is `sent`; one that did not is somebody's task.

    `names`: id of each speaker of the page to what people call it.
    """
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    if state is not CommandState.SENDING:
        return
    new = move_command(state, CommandWord.TAKEN if not fault else CommandWord.GIVE_UP)
    nothing_left = bool(fault) and not report.packets
    failed = report.failed or (dict.fromkeys(names, fault) if nothing_left else {})
    found = {one: {"state": str(Said.FAILED), "detail": why} for one, why in failed.items()}
    detail = _with_speakers(detail_of(known[0]), found)
    detail |= {"packets": report.packets, "worst_gap_ms": round(report.worst_gap_ms, 1), "fault": fault}
    rows = [_row(scene, command, detail, state=str(new), tries=1, at=now)]
    if nothing_left or report.failed:
        missed = ", ".join(names.get(one, one) for one in report.failed)
        what = f"leave for {len(names)} speakers" if nothing_left else f"get to {missed}"
        text = f"The page did not {what}: {fault.rstrip('.')}."
        rows.append(task_row(scene, f"page:{command}", "page_failed", kind, text, now))
    data = {
        "kind": kind,
        "packets": report.packets,
        "worst_gap_ms": report.worst_gap_ms,
        "fault": fault,
        "speakers": len(names),
    }
    yield Fact(EventKind.PAGE_OVER, scene.site, scene.incident, data, rows)


def stopped_body(
    scene: Scene, found: Mapping[str, Playing], faults: Mapping[str, str], names: Mapping[str, str], now: float
) -> Body[None]:
    """Speakers that could say whether they are silent, and outputs that could not be told. `faults`: by output."""
    still_on = [speaker for speaker, each in found.items() if each.on]
    rows = [
        task_row(
            scene,
            f"speaker_on:{scene.incident}:{scene.run}:{speaker}",
            "speaker_still_on",
            speaker,
            f"{names[speaker]} is STILL ON although it was told to be silent: {found[speaker].detail.rstrip('.')}.",
            now,
        )
        for speaker in still_on
    ]
    data = {
        "still_on": still_on,
        "silent": [speaker for speaker, each in found.items() if each.on is False],
        "not_known": [speaker for speaker, each in found.items() if each.on is None],
        "faults": dict(faults),
    }
    yield Fact(EventKind.PAGE_STOPPED, scene.site, scene.incident, data, rows)


def cut_off_body(site: str, incident: str, commands: Sequence[Mapping[str, Any]], now: float) -> Body[None]:
    """Live pages that a dead process left: never said again by themselves, because they may be wrong by now."""
    why = "the daemon stopped meanwhile; a live page is never said again by itself"
    for command in commands:
        detail = json.dumps({**detail_of(command), "fault": why})
        state = str(move_command(CommandState(command["state"]), CommandWord.GIVE_UP))
        values = {
            "site": site, "id": f"page:{command['id']}", "incident": incident, "kind": "page_failed",
            "subject": command["device"], "state": "open", "owner": None, "owner_name": None, "at": now,
            "moved_at": None,
            "text": "A page that somebody typed or spoke may not have been said to its end: the daemon stopped. "
            "Say it again if it still holds.",
        }  # fmt: skip
        rows = [
            Row("command", {"site": site, "id": command["id"], "state": state, "detail": detail, "at": now}),
            Row("task", values, new=True),
        ]
        yield Fact(EventKind.RECOVERED, site, incident, {"page": command["id"], "said again": "no"}, rows)
