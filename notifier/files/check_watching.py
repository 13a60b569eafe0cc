"""Who is told of troubles, and the canary: `troubles:` and `canary:` of the site file."""

from __future__ import annotations

from collections.abc import Iterator

from apscheduler.triggers.cron import CronTrigger

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.plain_words import nearest
from notifier.files.positions import Path
from notifier.files.reading import Reading

PEOPLE = ("role", "group", "person")


def check_watching(reading: Reading) -> list[Fault]:
    return [*_troubles(reading), *_canary(reading)]


def _troubles(reading: Reading) -> Iterator[Fault]:
    policy = reading.site.troubles
    if policy.school_day.begins >= policy.school_day.ends:
        text = f"The school day ends at {policy.school_day.ends} and begins at {policy.school_day.begins}."
        path: Path = ("troubles", "school_day", "ends")
        yield rules.TROUBLES_SAY.at(reading.site_document, path, text, "Write a later end.")
    told: list[tuple[Path, tuple[str, ...]]] = [
        (("troubles", "tell", kind, "to"), each.to) for kind, each in policy.tell.items()
    ]
    told += [(("troubles", "otherwise", "to"), policy.otherwise.to)] if "otherwise" in policy.model_fields_set else []
    for at, selectors in told:
        for place, selector in enumerate(selectors):
            if selector.partition(":")[0] not in PEOPLE:
                advice = "Name people: role:technician, group:… or person:…."
                text = f"`{selector}` names nobody who could mend it."
                yield rules.TROUBLES_SAY.at(reading.site_document, (*at, place), text, advice)


def _canary(reading: Reading) -> Iterator[Fault]:
    canary, document = reading.site.canary, reading.site_document
    if canary is None:
        return
    for place, name in enumerate(canary.to):
        person = reading.contacts.people.get(name)
        path: Path = ("canary", "to", place)
        if person is None:
            advice = nearest(name, reading.contacts.people)
            yield rules.CANARY_SAYS.at(document, path, f"There is nobody `{name}` in the contacts.", advice)
        elif person.agency or "guardian" in person.roles or "guardians" in person.groups:
            text = f"`{name}` is {person.name}, who would get a test message every time."
            advice = "Make a contact of your own for it, with a test number and a test mailbox."
            yield rules.CANARY_SAYS.at(document, path, text, advice)
    for place, kind in enumerate(canary.by):
        if not reading.senders_for(kind) and "by" in canary.model_fields_set:
            text = f"No sender takes `{kind}`."
            advice = "Set one up in settings.yaml, or take it out here."
            yield rules.CANARY_SAYS.at(document, ("canary", "by", place), text, advice)
    advice = "Write minute, hour, day, month and day of the week by name, like 0 6 * * mon-fri."
    try:
        CronTrigger.from_crontab(canary.cron, timezone="UTC")
        wrong = any(letter.isdigit() for letter in canary.cron.split()[4])
    except (ValueError, OverflowError):
        wrong = True
    if wrong:
        text = f"`{canary.cron[:60]}` is no time."
        yield rules.CANARY_SAYS.at(document, ("canary", "cron"), text, advice)
