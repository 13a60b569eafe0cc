"""Careless and hostile files are refused in words, at little cost; the good files beside them are read all the same.

How long it takes is measured by `make bench`; how much memory, here, in a process that does nothing else.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from notifier.errors import SetupError
from notifier.files.load import load
from tests.files.a_school import ADAPTERS, SENDERS, TODAY, read, school
from tests.files.hostile import HOSTILE

MOST_MEMORY = 100
"""Megabytes above what the imports take."""
READER = """
import resource
from notifier.errors import SetupError
from tests.files.a_school import read, school
from tests.files.hostile import HOSTILE

read(school())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for raw, _ in HOSTILE.values():
    for path in ("playbooks/bad.yaml", "contacts/bad.yaml", "site.yaml"):
        try:
            read({**school(), path: raw})
        except SetupError:
            pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("what", HOSTILE)
def test_as_a_playbook_it_is_refused_in_words_and_the_others_stay(what: str) -> None:
    raw, words = HOSTILE[what]
    loaded = read({**school(), "playbooks/bad.yaml": raw})
    own = [fault for fault in loaded.faults if fault.file == "playbooks/bad.yaml"]
    assert any(words in f"{fault.text} {fault.advice}" and fault.level == "error" for fault in own)
    assert len(own) <= 201
    assert all(len(str(fault)) < 600 for fault in own)
    assert loaded.playbooks.keys() == read(school()).playbooks.keys()


@pytest.mark.parametrize("what", HOSTILE)
def test_as_contacts_it_reaches_nobody_and_says_so(what: str) -> None:
    loaded = read({**school(), "contacts/bad.yaml": HOSTILE[what][0]})
    assert any(fault.file == "contacts/bad.yaml" and fault.level == "error" for fault in loaded.faults)
    assert loaded.people.keys() == read(school()).people.keys()


@pytest.mark.parametrize("what", HOSTILE)
def test_as_the_site_it_is_refused_in_words(what: str) -> None:
    with pytest.raises(SetupError) as refused:
        load({**school(), "site.yaml": HOSTILE[what][0]}, ADAPTERS, SENDERS, TODAY)
    assert any(fault.file == "site.yaml" for fault in refused.value.faults)


def test_none_of_them_costs_much_memory() -> None:
    house = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", READER], cwd=house, capture_output=True, text=True, check=True)
    assert int(run.stdout) <= MOST_MEMORY


def test_windows_line_ends_are_read_like_any_other() -> None:
    plain = school()
    turned = {path: raw.replace(b"\n", b"\r\n") for path, raw in plain.items() if path.endswith((".yaml", ".csv"))}
    assert read({**plain, **turned}).playbooks == read(plain).playbooks
    assert read({**plain, **turned}).faults == read(plain).faults
