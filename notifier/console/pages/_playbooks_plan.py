"""A plan as people look at it: lanes on an uneven scale, the same facts as rows, and what is not reached. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from notifier.console.pages.rendering import plural
from notifier.files.differences import span

Plan = Mapping[str, Any]

SCALE = ((0.0, 150), (1.0, 232), (10.0, 323), (60.0, 430), (300.0, 553), (600.0, 644), (900.0, 736))
"""Seconds to places of the drawing: the first second is as wide as four minutes later."""
MARKS = (("0", 0.0), ("1 s", 1.0), ("10 s", 10.0), ("1 min", 60.0), ("5 min", 300.0), ("10 min", 600.0))
WIDTH, HEAD, ROW = 740, 30, 38
LETTER = 6.7  # width of a letter of the drawing's text, about
CHANNELS = {"sms": "text", "push": "push", "email": "e-mail", "voice": "call", "chat": "chat"}
SYMBOLS = {"sms": "message", "push": "phone", "email": "message", "voice": "call", "chat": "message"}
_ORDER = {"secure_doors": 0, "restore_doors": 1, "announce": 2, "signal": 3}
SHORTEST = 4  # of a bar, so that what takes no time is seen


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    wide: float
    words: str
    covers: bool
    """It stands on something and needs ground of its own."""


@dataclass(slots=True)
class Lane:
    """One line of the drawing and one row of the table."""

    symbol: str
    title: str
    sub: str
    says: str
    whom: str
    limits: str
    begins: float
    ends: float | None
    """None: it stays on."""
    waits: str = ""
    short: str = ""
    """Said instead where the drawing has no room; the table has it all."""
    fault: bool = False
    kind: str = "sends"
    again: float | None = None
    y: int = 0
    bars: list[tuple[str, float, float]] = field(default_factory=list)
    """(kind, x, width): sends, stays, waits."""
    texts: list[Text] = field(default_factory=list)

    @property
    def when(self) -> str:
        if self.waits:
            return f"from {span(self.begins)} at the earliest; waits: {self.waits}"
        return f"{'at' if self.kind == 'escalates' else 'from'} {span(self.begins)}"


def lanes_of(plan: Plan, phase: str = "main") -> list[Lane]:
    steps = sorted(plan["phases"][phase], key=lambda step: (step["begins"], _ORDER.get(step["deed"], 9)))
    lanes = [lane for step in steps for lane in _of_step(step)]
    for number, lane in enumerate(lanes):
        lane.y = HEAD + number * ROW
        _draw(lane)
    return lanes


def place(seconds: float) -> float:
    """Where a second stands in the drawing."""
    for (start, left), (end, right) in pairwise(SCALE):
        if seconds <= end:
            return round(left + (right - left) * (seconds - start) / (end - start), 1)
    return SCALE[-1][1]


def sentence(lanes: Sequence[Lane]) -> str:
    """The drawing in words, for those who do not see it; the table says it all."""
    return "; ".join(f"{lane.title}, {lane.sub}: {lane.says}" for lane in lanes) or "Nothing happens."


def _of_step(step: Mapping[str, Any]) -> Iterator[Lane]:
    waits = _waits(step)
    begins = float(step["begins"])
    match step["deed"]:
        case "secure_doors":
            doors = step["doors"]
            limits = f"Read back within {span(step['within'])}"
            told = _names(step["otherwise"])
            says = f"read back by {span(step['within'])}, else {f'{told} are told' if told else 'first on the board'}"
            title = "Exterior doors" if step["step"].startswith("_") else "Doors"
            yield Lane(
                "secured", title, f"{len(doors)} locked", says, _some(doors) or "no door", limits, begins,
                begins + step["within"], waits,
            )  # fmt: skip
        case "restore_doors":
            doors = step["doors"]
            asked = step["second_confirmation"]
            more = f"; {_some(asked)} on a second confirmation" if asked else ""
            modes = step.get("leaves_lockdown") or ()
            more += f"; out of lockdown mode: {_some(modes)}" if modes else ""
            yield Lane(
                "released_door", "Doors", f"{len(doors)} as before", f"back to what they were{more}",
                _some(doors) or "no door", "Read back", begins, begins + 10, waits,
            )  # fmt: skip
        case "announce":
            times = {1: "once", 2: "twice"}.get(step["times"], f"{step['times']} times")
            again = f", again every {span(step['again_every'])}" if step["again_every"] else ""
            about = step.get("about_s")
            limits = f"about {span(round(about))} each time" if about else "as long as the recording is"
            yield Lane(
                "speaker", "Speakers", plural(step["speakers"], "speaker"), f"said {times}{again}",
                f"whoever hears them, in {', '.join(step['languages'])}", limits, begins, begins + (about or 10), waits,
                again=step["again_every"], fault=not step["speakers"],
            )  # fmt: skip
        case "signal":
            signals = step["signals"]
            yield Lane(
                "strobe", "Signals", str(len(signals)), "on until cleared", _some(signals) or "no output",
                "until the incident closes", begins, None, waits, kind="stays",
            )  # fmt: skip
        case "notify":
            yield from _messages(step, begins, waits)


def _messages(step: Mapping[str, Any], begins: float, waits: str) -> Iterator[Lane]:
    senders = {sender["sender"]: sender for sender in step["senders"]}
    for kind in step["by_kind"]:
        used = [senders[name] for name in kind["senders"] if name in senders]
        last = max((sender["last_handed_over_s"] or 0.0 for sender in used), default=0.0)
        limited = any(sender["rate"] for sender in used)
        amount = plural(kind["segments"], "segment") if kind["segments"] else plural(kind["people"], "message")
        limits = "; ".join(f"{sender['sender']}: {_rate(sender['rate'])}" for sender in used)
        said = f"{amount}: last leaves after {span(last)}" if limited else f"{amount}, as fast as they are taken"
        nobody = not kind["people"]
        what = CHANNELS.get(kind["kind"], kind["kind"])
        yield Lane(
            SYMBOLS.get(kind["kind"], "message"), step["step"], f"{what}, {kind['people']:,} of {kind['of']:,}",
            "reaches nobody" if nobody else said, _names(step["to"]), limits or "no sender", begins,
            begins + max(last, 0.2), waits, f"last after {span(last)}" if limited else "as fast as taken", fault=nobody,
        )  # fmt: skip
    after = begins
    for level in step["escalation"]:
        after += level["wait"]
        to = level["to"]
        says = f"at {span(after)}: " + (f"{_some(to)} by {_names(level['by'])}" if to else "names nobody")
        yield Lane(
            "no_answer", "No answer", "escalate", says, _some(to) or "nobody", f"needs {_need(step['need'])}", after,
            after, fault=not to, kind="escalates",
        )  # fmt: skip


def _waits(step: Mapping[str, Any]) -> str:
    for_what = [*step["after"], *([span(step["begins"])] if step["begins"] else [])]
    if step["approve"]:
        for_what.append("an approval")
    return ", ".join(for_what)


def _draw(lane: Lane) -> None:
    start = place(lane.begins)
    if lane.kind == "stays":
        lane.bars = [("stays", start, SCALE[-1][1] - start)]
    elif lane.kind == "escalates":
        lane.bars = [] if lane.fault else [("sends", start, SHORTEST)]
    else:
        end = place(lane.ends or lane.begins)
        lane.bars = [("sends", start, max(round(end - start, 1), SHORTEST))]
        if lane.waits and lane.begins == 0:  # it may begin at once, or much later: nobody knows
            lane.bars = [("waits", start, SCALE[1][1] - start), ("sends", SCALE[1][1], SHORTEST)]
        elif lane.waits and start > SCALE[0][1]:
            lane.bars.insert(0, ("waits", SCALE[0][1], start - SCALE[0][1]))
        if lane.again:
            at, most = (lane.ends or 0) + lane.again, 40
            while at < SCALE[-1][0] and len(lane.bars) < most:
                lane.bars.append(("sends", place(at), SHORTEST))
                at += lane.again
    _write(lane, start)


def _write(lane: Lane, start: float) -> None:
    """The sentence of a lane after its bar; what it waits for on the dashes before it."""
    left = SCALE[0][1]
    if lane.kind == "stays":
        wide = _wide(lane.says)
        lane.texts = [Text((left + WIDTH - wide) / 2, wide, lane.says, covers=True)]
        return
    solid = next((bar for bar in lane.bars if bar[0] == "sends"), ("", start, 14.0))
    after = solid[1] + solid[2] + 4
    waits = f"waits: {lane.waits}" if lane.waits else ""
    dashes = next((bar for bar in lane.bars if bar[0] == "waits"), None)
    if dashes is not None and waits:
        room = dashes[2] - 24
        words = _cut(waits, room)
        lane.texts.append(Text(left + 12, _wide(words), words, covers=True))
        waits = ""
    says = "; ".join(filter(None, (lane.says, waits)))
    if after + _wide(says) > WIDTH and lane.short:
        says = "; ".join(filter(None, (lane.short, waits)))
    if after + _wide(says) <= WIDTH or dashes is not None:
        words = _cut(says, WIDTH - after)
        lane.texts.append(Text(after, _wide(words), words, covers=bool(lane.again)))
    else:
        words = _cut(says, max(start - left - 8, WIDTH - after))
        wide = _wide(words)
        lane.texts.append(
            Text(min(after, WIDTH - wide) if start - left < wide else start - wide - 12, wide, words, True)
        )


def _wide(words: str) -> float:
    return round(len(words) * LETTER + 8, 1)


def _cut(words: str, room: float) -> str:
    most = max(int((room - 8) / LETTER), 6)
    return words if len(words) <= most else f"{words[: most - 1]}…"


def notes_of(plan: Plan) -> list[dict[str, Any]]:
    """What a plan does not reach, and how late its last message leaves; what is wrong first."""
    found: list[dict[str, Any]] = []
    for step in plan["phases"]["main"]:
        for kind in step.get("by_kind", ()):
            if kind["without_count"] and kind["of"]:
                what = CHANNELS.get(kind["kind"], kind["kind"])
                some = _some(kind["without"], kind["without_count"])
                text = f"{step['step']}: {kind['without_count']:,} of {kind['of']:,} get no {what}: {some}."
                found.append({"symbol": "person", "fault": False, "strong": "", "text": text})
        if step.get("unreachable"):
            some = _some(step["nothing_reaches"], step["unreachable"])
            strong = f"{step['step']}: nothing at all reaches {some}."
            found.append({"symbol": "wrong", "fault": True, "strong": strong, "text": ""})
        if step.get("sms_segments"):
            text = f"{plural(step['sms_segments'], 'segment')} of text messages, which is what is paid for."
            found.append({"symbol": "message", "fault": False, "strong": f"{step['step']}:", "text": text})
    if last := plan.get("slowest"):
        text = f"{last['step']} by {last['sender']}, {span(round(last['at']))} after the press. Carriers take longer."
        found.append({"symbol": "clock", "fault": False, "strong": "The last message leaves:", "text": text})
    if plan["zones_silent"]:
        strong = f"No speaker of the page is in {_some(plan['zones_silent'])}."
        found.append({"symbol": "silent", "fault": True, "strong": strong, "text": "People are in it."})
    elif any("speakers" in step for step in plan["phases"]["main"]):
        text = "That a speaker sounds there is known only from a walk test."
        strong = "Every occupied zone has a speaker of the page."
        found.append({"symbol": "speaker", "fault": False, "strong": strong, "text": text})
    known = {note["text"] + note["strong"] for note in found}
    found += [
        {"symbol": "wrong", "fault": True, "strong": "", "text": warning}
        for warning in plan["warnings"]
        if "cannot be reached" not in warning and warning not in known
    ]
    return sorted(found, key=lambda note: not note["fault"])


def previews_of(live: Plan, drill: Plan | None) -> list[dict[str, Any]]:
    """The words of each step as each channel shows them, per language, and the same in a drill."""
    found = []
    for phase, steps in live["phases"].items():
        drills = {step["step"]: step for step in drill["phases"][phase]} if drill else {}
        for step in steps:
            if not step.get("previews"):
                continue
            practice = {one["language"]: one for one in drills.get(step["step"], {}).get("previews", ())}
            texts: dict[str, Mapping[str, Any]] = {}
            for one in step["previews"]:
                texts.setdefault(one["language"], one)
            tabs = [
                {
                    "kind": kind["kind"], "title": CHANNELS.get(kind["kind"], kind["kind"]).capitalize(),
                    "language": language, "live": texts[language], "drill": practice.get(language),
                }
                for kind in step["by_kind"]
                for language in sorted(texts)
            ]  # fmt: skip
            found.append({"phase": phase, "step": step["step"], "to": _names(step["to"]), "tabs": tabs})
    return found


def _rate(rate: float | None) -> str:
    return f"{rate:g} a second" if rate else "no limit set"


def _names(names: Sequence[str]) -> str:
    return ", ".join(name.partition(":")[2] or name for name in names)


def _some(names: Sequence[str], total: int = 0) -> str:
    """The first five, and how many more."""
    more = max(total, len(names)) - min(len(names), 5)
    return ", ".join(names[:5]) + (f" and {more:,} more" if more > 0 else "")


def _need(need: str | None) -> str:
    return {"all": "every answer", "any": "one answer", None: "no answer"}.get(need, f"{need} answers")
