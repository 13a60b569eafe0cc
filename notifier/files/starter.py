"""The files this package brings along: the shipped playbooks, the demo school, and a first school to start from."""

from __future__ import annotations

from importlib.resources import files as package_files
from importlib.resources.abc import Traversable


def shipped_playbooks() -> dict[str, bytes]:
    """`playbooks/*.yaml`: hold, secure, lockdown, evacuate, shelter, medical."""
    return _below(package_files("notifier").joinpath("files", "shipped", "playbooks"), "playbooks/", ".yaml")


def demo_files() -> dict[str, bytes]:
    """The demo school: its own fast lockdown, the other shipped playbooks, and addresses yet to be filled in.

    Hand it to `campus_addresses.fill_campus` before it is published.
    """
    school = package_files("notifier").joinpath("demo_school")
    return {
        "site.yaml": school.joinpath("site.yaml").read_bytes(),
        **shipped_playbooks(),
        **_below(school.joinpath("playbooks"), "playbooks/", ".yaml"),
        **_below(school.joinpath("contacts"), "contacts/", ".csv"),
    }


def _below(folder: Traversable, prefix: str, ending: str) -> dict[str, bytes]:
    found = [file for file in folder.iterdir() if file.name.endswith(ending)]
    return {prefix + file.name: file.read_bytes() for file in sorted(found, key=lambda file: file.name)}
