"""What a message is for against who may send it and who wants it: registration, purposes, consent."""

from __future__ import annotations

from collections.abc import Iterator

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.positions import Path
from notifier.files.reading import Reading
from notifier.model.delivery import Purpose
from notifier.model.playbook import Step
from notifier.model.settings import Sender

USA = "+1"
NUMBERS = ("from_number", "origination_number")
"""What channels for SMS call the number that they send from."""


def check_purposes(reading: Reading) -> Iterator[Fault]:
    said: set[str] = set()
    for name, playbook in reading.playbooks.items():
        for index, step in enumerate(playbook.steps):
            if step.notify is None:
                continue
            at: Path = ("steps", index, "notify")
            yield from _registered(reading, name, step, at, said)
            yield from _senders(reading, name, step, at)
            yield from _consent(reading, name, step, at)


def _registered(reading: Reading, name: str, step: Step, at: Path, said: set[str]) -> Iterator[Fault]:
    """Each sender once, at the first step that sends by it."""
    if step.notify is None or "sms" not in step.notify.by or step.notify.purpose is not Purpose.EMERGENCY:
        return
    people = reading.contacts.people
    numbers = [people[one].addresses.get("sms", "") for one in reading.people_of(step.notify.to).ids]
    if not any(number.startswith(USA) for number in numbers):
        return
    for sender_name, sender in reading.senders_for("sms").items():
        if sender_name in said or not (why := _why_dropped(sender)):
            continue
        said.add(sender_name)
        text = f"The step `{step.id}` sends emergency SMS by `{sender_name}`, {why}."
        advice = (
            "Carriers in the USA drop it after the provider has taken it. Register it with the provider, then write "
            f"senders.{sender_name}.registration: {{class: 10dlc_standard, verified: true}}."
        )
        yield rules.NUMBER_REGISTRATION.at(reading.documents[name], (*at, "by"), text, advice)


def _why_dropped(sender: Sender) -> str:
    if sender.registration is not None:
        return "" if sender.registration.carries else "which is not registered and verified"
    own = next((str(sender.settings[key]) for key in NUMBERS if sender.settings.get(key)), "")
    return "a US number of which nothing says that it is registered" if own.startswith(USA) else ""


def _senders(reading: Reading, name: str, step: Step, at: Path) -> Iterator[Fault]:
    if step.notify is None:
        return
    for index, kind in enumerate(step.notify.by):
        senders = reading.senders_for(kind)
        for purpose in {step.notify.purpose, Purpose.DRILL}:
            if senders and not any(purpose in sender.purposes for sender in senders.values()):
                text = f"No sender for {kind} may be used for {purpose} messages."
                advice = f"Add {purpose} to the purposes of one of: {', '.join(senders)}."
                yield rules.PURPOSE_SENDER.at(reading.documents[name], (*at, "by", index), text, advice)


def _consent(reading: Reading, name: str, step: Step, at: Path) -> Iterator[Fault]:
    if step.notify is None or step.notify.purpose is not Purpose.ROUTINE:
        return
    kinds, people = set(step.notify.by), reading.contacts.people
    whole = reading.people_of(step.notify.to).ids
    without = sorted(one for one in whole if not kinds & people[one].consent & people[one].addresses.keys())
    if without:
        some = ", ".join(people[one].name for one in without[:3]) + (" …" if len(without) > 3 else "")
        text = f"{len(without)} of {len(whole)} have not consented to routine messages: {some}."
        advice = "Ask them, and write it into the column consent: yes, or kinds such as sms;email."
        yield rules.ROUTINE_CONSENT.at(reading.documents[name], (*at, "purpose"), text, advice)
