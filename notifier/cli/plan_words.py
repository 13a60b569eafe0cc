"""A plan as a person reads it at a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notifier.cli.printing import listed
from notifier.files.differences import span

Plan = Mapping[str, Any]

PHASES = {"main": "When it is pressed", "all_clear": "At the all-clear", "correction": "At a recall or a mistake"}
EXTERIOR = "_exterior"
"""The step that the site's `lockdown_exterior` adds."""
LEFT_OUT = {
    "no_consent": "no consent to routine messages",
    "quiet_hours": "quiet hours, in which this site sends nothing routine",
}


def told(plan: Plan) -> Iterator[str]:
    """Line by line."""
    where = f" pressed in {plan['zone']}" if plan["zone"] else ""
    yield f"{'DRILL of ' if plan['drill'] else ''}{plan['title']} ({plan['action']}){where}. Nothing is done by this."
    for phase, steps in plan["phases"].items():
        yield from ("", f"{PHASES.get(phase, phase)}:")
        for step in steps:
            name = "outer doors" if step["step"] == EXTERIOR else step["step"]
            yield f"  {_when(step):>9}  {name}: {_what(step, drill=plan['drill'])}"
            yield from (f"             {line}" for line in _more(step))
    if last := plan.get("slowest"):
        yield ""
        yield (
            f"The slowest is {last['sender']}: its last message is handed over after {span(last['at'])} "
            f"({last['step']}). Carriers take longer, and approvals longer still."
        )
    if carriers := plan.get("carriers"):
        yield from ("", "At the worst, if everybody is a customer of this carrier:", *map(_carrier, carriers))
    if plan["warnings"]:
        yield from ("", *(f"warning: {each}" for each in plan["warnings"]))


def _carrier(row: Plan) -> str:
    limits = [f"{row['per_second'] * 60:g} a minute"] if row["per_second"] else []
    limits += [f"{row['per_day']} a day"] if row["per_day"] else []
    over = f"; {row['dropped']} segments are over its day and dropped" if row["dropped"] else ""
    registered = row["class"] + ("" if row["verified"] else ", NOT verified")
    return (
        f"  {row['sender']} ({registered}), {row['carrier']}: {' and '.join(limits) or 'no limit known'}; "
        f"{_many(row['segments'], 'segment')}, the last one after {span(row['last_at'])}{over}"
    )


def _when(step: Plan) -> str:
    return f"{'≥ ' if step['after'] else ''}{span(step['begins'])}"


def _what(step: Plan, *, drill: bool) -> str:
    if "within" in step:
        if drill and not step["doors"]:
            return "no door is told anything in this drill"
        return f"secure {_names(step['doors'], 'door')}, within {span(step['within'])}"
    if "second_confirmation" in step:
        asked = step["second_confirmation"]
        more = f"; {listed(asked)} on a second confirmation" if asked else ""
        if modes := step.get("leaves_lockdown"):
            more += f"; out of lockdown mode: {listed(modes)}"
        return f"restore {_names(step['doors'], 'door')}{more}"
    if "speakers" in step:
        again = f", again every {span(step['again_every'])}" if step["again_every"] else ""
        times = {1: "once", 2: "twice"}.get(step["times"], f"{step['times']} times")
        if not step["speakers"]:
            return "a page, and no speaker sounds it"
        return f"page on {_many(step['speakers'], 'speaker')}, {times}{again}, in {listed(step['languages'])}"
    if "signals" in step:
        if drill and not step["signals"]:
            return "strobes and signs stay as they are in this drill"
        return f"signals {_names(step['signals'], 'output')}"
    if "people" in step:
        return _messages(step)
    return str(step["deed"])


def _messages(step: Plan) -> str:
    alone, told_to = step.get("left_alone", 0), step["people"] - step.get("left_alone", 0)
    spared = f"{_people(alone)} outside {'is' if alone == 1 else 'are'} left alone in this drill"
    if not step["people"]:
        return f"nobody: {listed(step['to'])} names no person"
    if not told_to:
        return f"nobody: {spared}"
    whom = f"{_many(step['deliveries'], 'message')} to {_people(told_to)}"
    return f"{whom}; {spared}" if alone else whom


def _more(step: Plan) -> Iterator[str]:
    if step["after"]:
        yield f"after {listed(step['after'])} {'has' if len(step['after']) == 1 else 'have'} finished or failed"
    if step["approve"] and step.get("people") != step.get("left_alone", 0):
        yield f"waits until one of {listed(step['approve'])} approves"
    for sender in step.get("senders", ()):
        last = sender["last_handed_over_s"]
        limit = f"{sender['rate']:g} a second: the last is handed over after {span(last)}" if last else "no limit set"
        yield f"{sender['sender']}: {_many(sender['messages'], 'message')}, {limit}"
    if step.get("unreachable"):
        yield f"{_people(step['unreachable'])} cannot be reached"
    if step.get("opted_out"):
        yield f"{_many(step['opted_out'], 'address', 'addresses')} said stop: call these people"
    for why, count in step.get("left_out", {}).items():
        yield f"{_people(count)} left out: {LEFT_OUT.get(why, why)}"
    if step.get("quiet_until"):
        yield f"quiet hours: pressed now, it waits until {step['quiet_until']}"
    for number, level in enumerate(step.get("escalation", ()), 1):
        yield f"no answer after {span(level['wait'])} (level {number}): {_level(level)}"
    yield from (f"says ({each['language']}): {each['text']}" for each in step.get("previews", ()))
    if step.get("cannot_be_proven"):
        yield f"cannot be proven secured, no sensor: {listed(step['cannot_be_proven'])}"


def _level(level: Plan) -> str:
    alone = level.get("left_alone", 0)
    if level["to"]:
        return f"to {listed(level['to'])} by {listed(level['by'])}"
    if alone:
        return f"nobody more: {_people(alone)} outside {'is' if alone == 1 else 'are'} left alone in this drill"
    return "NOBODY: it names no person that a sender reaches"


def _names(names: Sequence[str], one: str) -> str:
    return f"{_many(len(names), one)}: {listed(names)}" if names else f"no {one}"


def _people(count: int) -> str:
    return _many(count, "person", "people")


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"
