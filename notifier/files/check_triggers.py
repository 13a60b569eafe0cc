"""What starts a response beside buttons and people: triggers and scheduled drills of the site file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apscheduler.triggers.cron import CronTrigger
from pydantic import ValidationError

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.plain_words import nearest
from notifier.files.positions import Path
from notifier.files.reading import Reading
from notifier.files.rules import Rule
from notifier.files.secrets import references
from notifier.model.site import ScheduledDrill, TriggerEntry

LONGEST_VERIFY = 180.0
"""Seconds (PRODUCT 5, verify): acknowledging and investigating together."""
LONGEST_AHEAD = 7 * 86_400.0


def check_triggers(reading: Reading) -> list[Fault]:
    """Faults of `triggers:` and `drills:`; whether a driver takes its settings is checked with the other devices."""
    return [*_own_ids(reading), *_places(reading), *_triggers(reading), *_drills(reading)]


def _own_ids(reading: Reading) -> Iterator[Fault]:
    for part, rule in (("triggers", rules.TRIGGER_SAYS), ("drills", rules.DRILL_SAYS)):
        seen: set[str] = set()
        for index, one in enumerate(getattr(reading.site, part)):
            if one.id in seen:
                text = f"The id `{one.id}` stands in {part} already."
                yield _at(reading, rule, (part, index, "id"), text, "Give each an id of its own.")
            seen.add(one.id)


def _places(reading: Reading) -> Iterator[Fault]:
    zones = [zone.id for zone in reading.site.zones]
    for part, rule in (("triggers", rules.TRIGGER_SAYS), ("drills", rules.DRILL_SAYS)):
        for index, one in enumerate(getattr(reading.site, part)):
            if one.zone is not None and one.zone not in zones:
                text = f"There is no zone `{one.zone}`."
                yield _at(reading, rule, (part, index, "zone"), text, nearest(one.zone, zones))
            if one.playbook is not None and one.playbook not in reading.playbooks and not reading.unread_playbooks:
                text = f"There is no playbook `{one.playbook}`."
                advice = nearest(one.playbook, reading.playbooks)
                yield _at(reading, rule, (part, index, "playbook"), text, advice)


def _triggers(reading: Reading) -> Iterator[Fault]:
    buttons = [button.id for button in reading.site.buttons]
    for index, entry in enumerate(reading.site.triggers):
        model = reading.adapters.trigger_kinds.get(entry.driver)
        human = bool(getattr(model, "human", False))
        if entry.verify is not None:
            yield from _verify(reading, index, entry, human)
        if model is not None and not human and entry.playbook is None:
            text = f"The trigger `{entry.id}` does not say what it starts."
            yield _at(reading, rules.TRIGGER_SAYS, ("triggers", index), text, "Add playbook: with the id of one.")
        if model is None:
            continue
        try:
            settings = model.model_validate(references(entry.settings, model)[0])
        except ValidationError:
            continue  # said with the other devices
        for path, name in getattr(settings, "buttons_named", ()):
            if name not in buttons:
                text = f"There is no button `{name}` in the site file."
                at: Path = ("triggers", index, "settings", *path)
                yield _at(reading, rules.TRIGGER_SAYS, at, text, nearest(name, buttons))
        for path, name in getattr(settings, "playbooks_named", ()):
            if name not in reading.playbooks and not reading.unread_playbooks:
                text = f"There is no playbook `{name}`."
                at = ("triggers", index, "settings", *path)
                yield _at(reading, rules.TRIGGER_SAYS, at, text, nearest(name, reading.playbooks))
        for path, name in getattr(settings, "people_named", ()):
            if name not in reading.contacts.people:
                text = f"There is nobody `{name}` in the contacts."
                at = ("triggers", index, "settings", *path)
                yield _at(reading, rules.TRIGGER_SAYS, at, text, nearest(name, reading.contacts.people))


def _verify(reading: Reading, index: int, entry: TriggerEntry, human: bool) -> Iterator[Fault]:
    window, at = entry.verify, ("triggers", index, "verify")
    if window is None:
        return
    if human:
        text = f"`verify` stands at `{entry.id}`, and its presses are made by people."
        yield _at(reading, rules.TRIGGER_VERIFY, at, text, "Remove it: whoever presses is believed at once.")
    elif window.ack + window.investigate > LONGEST_VERIFY:
        text = f"`{entry.id}` could be looked at for {window.ack + window.investigate:.0f} s."
        yield _at(reading, rules.TRIGGER_VERIFY, at, text, "ack and investigate together are at most 180 s.")
    elif window.ack < 1.0:
        text = f"Nobody can say within {window.ack:g} s that they look."
        yield _at(reading, rules.TRIGGER_VERIFY, at, text, "Write 15s, or leave `verify` out.")


def _drills(reading: Reading) -> Iterator[Fault]:
    for index, drill in enumerate(reading.site.drills):
        yield from _when(reading, index, drill)
        if drill.told_ahead > LONGEST_AHEAD:
            text = f"`{drill.id}` would be told {drill.told_ahead / 86_400:.0f} days ahead."
            yield _at(reading, rules.DRILL_SAYS, ("drills", index, "told_ahead"), text, "At most a week.")


def _when(reading: Reading, index: int, drill: ScheduledDrill) -> Iterator[Fault]:
    if bool(drill.cron) == bool(drill.at):
        text = f"`{drill.id}` says {'two times, `cron` and `at`' if drill.at else 'no time'}."
        advice = 'Write cron: "30 10 15 * *" for one that comes again, or at: "2026-12-03 10:30" for one day.'
        yield _at(reading, rules.DRILL_SAYS, ("drills", index, "id"), text, advice)
    elif drill.at:
        try:
            datetime.strptime(drill.at, "%Y-%m-%d %H:%M")  # noqa: DTZ007 local time, as the site's clocks show it
        except ValueError:
            text, advice = (
                f"`{drill.at}` is no time of one day.",
                'Write year, month, day and time: "2026-12-03 10:30".',
            )
            yield _at(reading, rules.DRILL_SAYS, ("drills", index, "at"), text, advice)
    else:
        yield from _cron(reading, index, drill.cron)


def _cron(reading: Reading, index: int, cron: str) -> Iterator[Fault]:
    where = ("drills", index, "cron")
    try:
        CronTrigger.from_crontab(cron, timezone="UTC")
    except (ValueError, OverflowError) as error:
        text = f"`{cron[:60]}` is no time: {str(error)[:160].rstrip('.')}."
        advice = "Write minute, hour, day, month and day of the week, like 30 10 15 * *."
        yield _at(reading, rules.DRILL_SAYS, where, text, advice)
    else:
        if any(letter.isdigit() for letter in cron.split()[4]):
            text = f"`{cron[:60]}` names days of the week by number."
            advice = "Write mon, tue, wed, thu, fri, sat or sun: programs number them differently."
            yield _at(reading, rules.DRILL_SAYS, where, text, advice)


def _at(reading: Reading, rule: Rule, path: Path, text: str, advice: str) -> Fault:
    return rule.at(reading.site_document, path, text, advice)
