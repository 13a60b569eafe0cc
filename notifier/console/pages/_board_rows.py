"""What needs somebody, worst first, as a board says it. Words only; nothing is asked or done here.

Red before amber, what nobody has before what somebody has, oldest first; help before doors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from notifier.console.pages._press_words import joined
from notifier.console.pages.rendering import clock, plural
from notifier.model.step import TaskKind

SILENT_AFTER = 60.0
"""Seconds until rooms that have not answered are somebody's to look after; before that they are only counted."""
ENDINGS = {"all_clear": "ALL-CLEAR", "recall": "RECALL", "mistake": "It was a mistake", "stop_drill": "End the drill",
           "message": "Message to people outside"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deed:
    """One next step: a button that posts, or a link to a page of its own."""

    words: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    post: bool = True
    primary: bool = False
    need: str = "operate"
    """The right that it takes; others see no button."""


@dataclass(frozen=True, slots=True)
class Need:
    """One row of the list."""

    id: str
    tone: str
    """`real` or `fault`."""
    icon: str
    subject: str
    state: str
    """In capitals where it is a word of the house: NEEDS HELP, NOT SECURED."""
    how: str
    """How it is known."""
    owner: str = ""
    """Who has it, as a sentence; "" if nobody."""
    nobody: str = "Nobody has it."
    since: str | None = None
    rank: int = 5
    """Among rows of one tone: help 0, doors 1, the rest later."""
    deeds: Sequence[Deed] = ()
    wall: str = ""
    """What a wall display says instead of `how`: no free text, no name of a child."""

    @property
    def title(self) -> str:
        return f"{self.subject} {self.state}".strip()

    @property
    def order(self) -> tuple[bool, bool, int, str, str]:
        return (self.tone != "real", bool(self.owner), self.rank, self.since or "", self.id)


def needs(picture: Mapping[str, Any], zone: tzinfo, now: float, raised: float, zones: Mapping[str, str]) -> list[Need]:
    """`now` and `raised`: seconds since 1970. `zones`: id to name."""
    base = f"/board/{picture['id']}"
    found: list[Need] = []
    tasks = {task["id"]: task for task in picture["tasks"] if task["state"] != "done"}
    up = Taken(picture, tasks, base, zone)
    doors = {door["id"]: door for door in picture["door_items"]}
    if picture["state"] != "closed":
        for door in doors.values():
            task = tasks.pop(f"door:{picture['id']}:{door['id']}", None)
            row = _door(picture, door, task, base, zone)
            if row is not None:
                found.append(row)
        found += _silent(picture, base, now - raised, zones, up)
    found += _pages(picture, base, up)
    found += _messages(picture, base, up)
    tasks = {name: task for name, task in tasks.items() if task["kind"] not in set(TaskKind)}
    found += [row for task in tasks.values() if (row := _task(picture, task, base, zone)) is not None]
    found += _undecided(picture, base, zone)
    if not picture["recorded"]:
        how = "Disk or store does not answer. Write times on paper."
        found.append(Need("need-record", "fault", "mend_now", "It runs, but nothing", "is being written down", how))
    return sorted(found, key=lambda row: row.order)


def _owner(task: Mapping[str, Any] | None, zone: tzinfo, words: str = "has it since") -> str:
    if task is None or task["state"] != "taken" or not task["owner_name"]:
        return ""
    return f"{task['owner_name']} {words} {clock(task['moved'] or task['since'], zone)}."


def _hands(task: Mapping[str, Any], base: str, *, send: bool = False) -> list[Deed]:
    give = Deed("Send someone…" if send else "Give to…", f"{base}/give", {"task": task["id"]}, post=False, primary=send)
    if task["state"] == "taken":
        return [
            Deed("It is done…", f"{base}/finish", {"task": task["id"]}, post=False),
            Deed("Give to…", f"{base}/give", {"task": task["id"]}, post=False),
        ]
    take = Deed("I have it", f"{base}/task", {"task": task["id"], "word": "take"}, primary=not send)
    return [give, take] if send else [take, give]


# ---------------------------------------------------------------------------------------------------------- doors

READS = {
    "unsecured": ("unsecured", "Reads unlocked."),
    "jammed": ("jammed", "Jammed: told to lock and does not get there."),
    "moving": ("moving", "On its way and not there."),
}


def _door(
    picture: Mapping[str, Any], door: Mapping[str, Any], task: Mapping[str, Any] | None, base: str, zone: tzinfo
) -> Need | None:
    if door["command"] is None or door["command"] == "cancelled":
        return None
    if door["lock"] == "secured":
        return None if task is None else _looked_at(door, task, base, zone)
    if door["command"] in {"queued", "sending"} and task is None and door["tries"] < 2:
        return None  # told a moment ago: counted as moving
    icon, reads = READS.get(door["lock"], ("unknown_lock", ""))
    if not reads:
        seen = clock(door["seen"], zone) if door["seen"] else ""
        what = (
            "its lock has not answered" + (f" since {seen}" if seen else "") if door["sensor"] else "it has no sensor"
        )
        reads = f"Nobody knows: {what}."
    if door["leaf"] == "open":
        icon, reads = "open", f"Standing open. {reads}"
    alarm = task is not None and task["kind"] == "door_alarm"
    since = task["since"] if task else picture["began"]
    if alarm:
        says = "UNLOCKED" if door["lock"] == "unsecured" else str(door["lock"]).upper()
        told = f"It was secured and now reads {says} since {clock(since, zone)}. Nobody commanded it."
    else:
        told = reads + (f" Told to lock {_times(door['tries'])}" if door["tries"] else "")
        told += (f" on {door['paths']} paths." if door.get("paths", 1) > 1 else ".") if door["tries"] else ""
    deeds = [Deed("Try again", f"{base}/lock", {"door": door["id"]}, need="respond")]
    deeds += [Deed("I see it locked…", f"{base}/door", {"door": door["id"]}, post=False, need="respond")]
    if task is not None:
        hands = _hands(task, base, send=True)
        deeds = [hands[0], deeds[0], deeds[1]] if task["state"] == "open" else deeds
    owner = _owner(task, zone, "is going,")
    wall = f"{reads.split(':')[0].rstrip('.')}."
    return Need(
        f"need-door-{door['id']}", "real", icon, door["title"], "NOT SECURED", told, owner, "Nobody sent.", since, 1,
        deeds, wall,
    )  # fmt: skip


def _looked_at(door: Mapping[str, Any], task: Mapping[str, Any], base: str, zone: tzinfo) -> Need:
    """It was found unlocked, and reads secured again: a person still looks."""
    how = "It reads secured again. Somebody unlocked it: go and look."
    return Need(
        f"need-door-{door['id']}", "fault", "secured", door["title"], "was unlocked", how, _owner(task, zone),
        since=task["since"], rank=3, deeds=_hands(task, base), wall="It reads secured again.",
    )  # fmt: skip


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


# ---------------------------------------------------------------------------------------------------------- people


class Taken:
    """What somebody took of what has no task by itself, and the next steps beside it."""

    def __init__(
        self, picture: Mapping[str, Any], tasks: Mapping[str, Mapping[str, Any]], base: str, zone: tzinfo
    ) -> None:
        self._open = {(task["kind"], task["subject"]): task for task in tasks.values()}
        self._all, self._base, self._zone = picture["tasks"], base, zone

    def of(self, kind: TaskKind, subject: str, *first: Deed, done: bool = False) -> tuple[str, str | None, list[Deed]]:
        """Who has it, since when, and what to do next; `first`: what is done about it itself.

        `done`: whether a person's word ends it. Else the row stays until what it says is so no more.
        """
        task = self._open.get((kind, subject))
        fields = {"kind": str(kind), "subject": subject}
        if task is None or task["state"] != "taken":
            take = Deed("I have it", f"{self._base}/take", fields)
            return "", None, [*first, take, Deed("Send someone…", f"{self._base}/give", fields, post=False)]
        back = {"task": task["id"], "word": "give_back"}
        end = Deed("It is done…", f"{self._base}/finish", {"task": task["id"]}, post=False)
        hands = [end if done else Deed("Give it back", f"{self._base}/task", back)]
        hands += [Deed("Give to…", f"{self._base}/give", {"task": task["id"]}, post=False)]
        return _owner(task, self._zone), task["since"], [*first, *hands]

    def is_done(self, kind: TaskKind, subject: str) -> bool:
        return any((one["kind"], one["subject"], one["state"]) == (kind, subject, "done") for one in self._all)


def _silent(picture: Mapping[str, Any], base: str, age: float, zones: Mapping[str, str], up: Taken) -> list[Need]:
    """One row a zone, so that several people can share them."""
    silent = [room for room in picture["room_items"] if room["silent"]]
    if not silent or not picture["asks"] or age < SILENT_AFTER or picture["state"] not in {"active", "raised"}:
        return []
    told = next((event["data"].get("told") for event in picture["newest"] if event["kind"] == "escalated"), None)
    found = []
    for zone in sorted({room["zone"] for room in silent}, key=lambda one: zones.get(one, one)):
        rooms = [room["name"] for room in silent if room["zone"] == zone]
        more = f" and {len(rooms) - 6} more" if len(rooms) > 6 else ""
        how = f"{', '.join(rooms[:6])}{more}. Nothing rings inside."
        how += f" Told outside: {joined(told)}." if told else ""
        names = Deed("Names, answers…", f"{base}/people?only=silent", post=False, primary=True, need="view")
        speak = Deed("Speak there…", f"{base}/speak", {"to": f"zone:{zone}"}, post=False)
        owner, since, deeds = up.of(TaskKind.SILENT_ZONE, zone, names, speak)
        found.append(
            Need(
                f"need-silent-{zone}", "fault", "no_answer", f"{zones.get(zone, zone)}: {plural(len(rooms), 'room')}",
                "did not answer", how, owner, rank=4, since=since, deeds=deeds, wall="Nothing rings inside.",
            )
        )  # fmt: skip
    return found


# ---------------------------------------------------------------------------------------------------------- tasks

OF_KIND = {
    "door_not_restored": ("fault", "released_door", "did not go back", 3),
    "door_not_released": ("fault", "released_door", "did not go back", 3),
    "mistake_claimed": ("fault", "flag", "", 2),
    "page_failed": ("fault", "speaker", "", 3),
    "page_not_playing": ("fault", "speaker", "", 3),
    "speaker_still_on": ("fault", "speaker", "", 4),
    "signal_not_on": ("fault", "strobe", "", 4),
    "signal_still_on": ("fault", "strobe", "", 4),
    "wrong_holder": ("fault", "phone", "", 4),
    "unknown_sender": ("fault", "message", "", 2),
    "emergency_call": ("fault", "call", "", 2),
    "stay_or_go": ("fault", "strobe", "", 0),
    "duress": ("fault", "flag", "", 0),
}


NOT_SAID = {"page_failed", "page_not_playing"}


def _task(picture: Mapping[str, Any], task: Mapping[str, Any], base: str, zone: tzinfo) -> Need | None:
    kind, owner, since = task["kind"], _owner(task, zone), task["since"]
    if kind == "nobody_outside":
        return None  # the strip above says it, larger
    if kind == "need_help":
        return _help(picture, task, base, zone)
    if kind in {"late_press", "unverified"}:
        return _press(task, base, owner)
    tone, icon, state, rank = OF_KIND.get(kind, ("fault", "mend_now", "", 5))
    first, _, rest = str(task["text"]).partition(". ")
    wall = {"unknown_sender": "A number that nobody knows wrote", "wrong_holder": "A link is in somebody else's hands"}
    again = [Deed("Page again…", f"{base}/page", {"to": "all"}, post=False)] if kind in NOT_SAID else []
    return Need(
        f"need-{task['id'].replace(':', '-')}", tone, icon, first.rstrip("."), state, rest, owner, since=since,
        rank=rank, deeds=[*again, *_hands(task, base)], wall=wall.get(kind, ""),
    )  # fmt: skip


def _help(picture: Mapping[str, Any], task: Mapping[str, Any], base: str, zone: tzinfo) -> Need:
    rooms = {room["id"]: room["name"] for room in picture["room_items"]}
    who, _, said = str(task["text"]).partition(" NEEDS HELP.")
    subject = rooms.get(task["subject"], who)
    quote = f"{who}: {said.strip()}" if said.strip() and subject != who else said.strip() or f"{who} says so."
    return Need(
        f"need-{task['id'].replace(':', '-')}", "real", "need_help", subject, "NEEDS HELP", quote, _owner(task, zone),
        since=task["since"], rank=0, deeds=_hands(task, base), wall=" ",
    )  # fmt: skip


def _press(task: Mapping[str, Any], base: str, owner: str) -> Need:
    first, _, rest = str(task["text"]).partition(". ")
    word = "press" if task["kind"] == "late_press" else "verify"
    fields = {"press": task["subject"], "kind": word}
    deeds = [
        Deed("Start it now", f"{base}/late", {**fields, "fire": "yes"}, primary=True),
        Deed("Stop it", f"{base}/late", {**fields, "fire": "no"}),
    ]
    return Need(
        f"need-{task['id'].replace(':', '-')}", "real", "clock", first.rstrip("."), "", rest, owner,
        since=task["since"], rank=0, deeds=deeds, wall="A late press waits for a decision.",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ decisions, messages


def _undecided(picture: Mapping[str, Any], base: str, zone: tzinfo) -> list[Need]:
    found = []
    for asked in picture["approvals"]:
        if asked["state"] == "asked":
            how = f"{asked['first_name']} asked {clock(asked['asked'], zone)}. Until then it goes on."
            deed = Deed("Read and decide…", f"{base}/approval/{asked['id']}", post=False, primary=True, need="view")
            what = ENDINGS.get(asked["what"], asked["what"])
            if asked["what"] == "message":
                how = f"{asked['first_name']} asked {clock(asked['asked'], zone)}. Nothing of it has left."
            found.append(
                Need(
                    f"need-approval-{asked['id']}", "fault", "clock", what, "waits for a second person", how,
                    nobody="Nobody has decided.", since=asked["asked"], rank=1, deeds=[deed],
                    wall="Until then it goes on.",
                )
            )  # fmt: skip
    for step in picture["steps"]:
        if step["state"] == "waiting" and step["approval"] == "asked":
            deed = Deed("Read and decide…", f"{base}/step/{step['id']}", post=False, primary=True, need="view")
            name = f"Step {str(step['id']).replace('_', ' ').strip()}"
            waits, how = "waits for approval", "Nothing of it leaves before somebody approves."
            if step["deed"] == "restore_doors":
                name, waits = "Outer doors", "wait for a word"
                how = "They stay locked until somebody decides, and the incident does not close before."
            found.append(
                Need(
                    f"need-step-{step['id']}", "fault", "clock", name, waits, how, nobody="Nobody has decided.", rank=2,
                    deeds=[deed], wall="Nothing of it happens before.",
                )
            )  # fmt: skip
    return found


BAD_PAGE = {"failed": "page FAILED", "not_playing": "page NOT playing", "not_heard": "page NOT heard"}


def _pages(picture: Mapping[str, Any], base: str, up: Taken) -> list[Need]:
    latest = {each["id"]: each for page in picture["pages"] for each in page["speakers"]}
    found = []
    for each in latest.values():
        if each["state"] in BAD_PAGE:
            again = Deed("Page again…", f"{base}/page", {"to": f"speaker:{each['id']}"}, post=False, primary=True)
            owner, since, deeds = up.of(TaskKind.SPEAKER_PAGE, each["id"], again)
            found.append(
                Need(
                    f"need-speaker-{each['id']}", "fault", "speaker", f"{each['name']}:", BAD_PAGE[each["state"]],
                    f"{each['text'][:1].upper()}{each['text'][1:]}.", owner, since=since, rank=3, deeds=deeds,
                    wall="Say it by voice.",
                )
            )  # fmt: skip
    return found


def _messages(picture: Mapping[str, Any], base: str, up: Taken) -> list[Need]:
    """Until somebody says that it is done; more that fail ask again."""
    failed = sum(states.get("failed", 0) for states in picture["deliveries"].values())
    if not failed or up.is_done(TaskKind.FAILED_MESSAGES, str(failed)):
        return []
    by = [kind for kind, states in picture["deliveries"].items() if states.get("failed")]
    see = Deed("See whose", f"{base}/deliveries?state=failed", post=False, need="view")
    owner, since, deeds = up.of(TaskKind.FAILED_MESSAGES, str(failed), see, done=True)
    return [
        Need(
            "need-failed", "fault", "failed", plural(failed, "message"), "failed",
            f"By {joined(by)}. The next address was tried where there is one.", owner, since=since, rank=6, deeds=deeds,
            wall="The next address is tried.",
        )
    ]  # fmt: skip
