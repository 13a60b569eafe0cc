"""The words of every fault are a feature: each bad file stands beside exactly what is said about it.

After a wanted change of words: WRITE=1 .venv/bin/pytest tests/files/test_bad_files.py, then read the difference.
"""

import os
from pathlib import Path

import pytest

from notifier.errors import Fault, SetupError
from notifier.files.settings_file import read_settings
from tests.files.a_school import ADAPTERS, read, school

BAD = Path(__file__).parent / "bad"
PLACES = {
    "playbook": "playbooks/bad.yaml",
    "site": "site.yaml",
    "contacts": "contacts/people.csv",
    "people": "contacts/office.yaml",
}


def said_about(bad: Path) -> str:
    kind = bad.name.partition("-")[0]
    faults: tuple[Fault, ...]
    try:
        if kind == "settings":
            read_settings(bad.read_bytes(), "settings.yaml", BAD, ADAPTERS, {"TWILIO_ACCOUNT": "A"})
            faults = ()
        else:
            faults = read({**school(), PLACES[kind]: bad.read_bytes()}).faults
    except SetupError as error:
        faults = error.faults
    return "".join(f"{fault}\n" for fault in faults if fault.file == PLACES.get(kind, "settings.yaml"))


@pytest.mark.parametrize("bad", sorted(BAD.glob("*-*.*[!t]")), ids=lambda bad: bad.name)
def test_each_bad_file_gets_exactly_these_words(bad: Path) -> None:
    expected = bad.with_suffix(".txt")
    said = said_about(bad)
    if os.environ.get("WRITE"):
        expected.write_text(said)
    assert said == expected.read_text()
    assert said


def test_no_secret_stands_in_any_message() -> None:
    assert not any("hush" in words.read_text() or "0123456789" in words.read_text() for words in BAD.glob("*.txt"))
