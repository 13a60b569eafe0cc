"""Faults of `troubles:` and `canary:`."""

import pytest

from notifier.adapters import Installed
from notifier.errors import SetupError
from notifier.files.load import load
from notifier.model.settings import Sender
from notifier.testing.schools import bend, small_school

SENDERS = {"push": Sender(channel="ntfy"), "sms": Sender(channel="twilio", uplink="cellular"),
           "email": Sender(channel="smtp_email")}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("canary: {to: [officer]}", "would get a test message every time"),
        ("canary: {to: [gus]}", "would get a test message every time"),
        ("canary: {to: [nobody]}", "There is nobody `nobody`"),
        ('canary: {to: [ben], cron: "every day"}', "is no time"),
        ('canary: {to: [ben], cron: "0 6 * * 1-5"}', "is no time"),
        ("canary: {to: [ben], by: [voice]}", "No sender takes `voice`"),
        ("troubles: {tell: {door: {to: [door:d1]}}}", "names nobody who could mend it"),
        ('troubles: {school_day: {begins: "16:00", ends: "08:00"}}', "The school day ends at 08:00"),
        ('troubles: {school_day: {begins: "8 in the morning"}}', "a time of day like"),
        ("troubles: {tell: {door: {when: sometimes}}}", "when"),
    ],
)
def test_a_fault_is_named_with_its_place(line: str, words: str) -> None:
    files = bend(small_school(), "site.yaml", ("\nzones:", f"\n{line}\nzones:"))
    try:
        faults = [str(fault) for fault in load(files, Installed(), SENDERS).errors]
    except SetupError as error:
        faults = [str(fault) for fault in error.faults]
    assert any(words in fault and fault.startswith("site.yaml:") for fault in faults), faults


def test_a_good_one_has_no_fault() -> None:
    line = 'canary: {to: [ben], cron: "0 6 * * mon-fri"}\ntroubles: {tell: {door: {when: now, to: [role:technician]}}}'
    files = bend(small_school(), "site.yaml", ("\nzones:", f"\n{line}\nzones:"))
    assert load(files, Installed(), SENDERS).errors == ()
