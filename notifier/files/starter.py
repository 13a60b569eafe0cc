"""The files this package brings along: the shipped playbooks, the demo school, and a first school to start from."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from pathlib import Path

from notifier.files.folder import write_folder

_EXAMPLE_ID, _EXAMPLE_NAME = b"example-school", b"name: Example School"


def shipped_playbooks() -> dict[str, bytes]:
    """`playbooks/*.yaml`: hold, secure, lockdown, evacuate, shelter, medical."""
    return _below(_package("files", "shipped", "playbooks"), "playbooks/", ".yaml")


def starter_files(name: str) -> dict[str, bytes]:
    """A small commented school called `name`: site, playbooks, people and `settings.yaml`.

    It passes the checks with warnings only; its devices and people are invented.
    """
    shipped = _package("files", "shipped")
    site_id = identifier_of(name).encode()
    title = name.strip().replace("\\", "\\\\").replace('"', '\\"') or "Example School"
    site = shipped.joinpath("site.yaml").read_bytes()
    site = site.replace(_EXAMPLE_NAME, f'name: "{title}"'.encode())
    site = site.replace(b"site: " + _EXAMPLE_ID, b'site: "' + site_id + b'"')  # a school may be called No or 123
    contacts = _below(shipped.joinpath("contacts"), "contacts/", ".csv")
    return {
        "site.yaml": site,
        "settings.yaml": shipped.joinpath("settings.yaml").read_bytes(),
        **shipped_playbooks(),
        **{path: raw.replace(_EXAMPLE_ID, site_id) for path, raw in contacts.items()},
    }


def write_starter(folder: str | Path, name: str) -> tuple[str, ...]:
    """Write `starter_files` below `folder`; returns their paths.

    Raises SetupError, and writes nothing, if one of them is there already with other content.
    """
    files = starter_files(name)
    write_folder(folder, files)
    return tuple(sorted(files))


def demo_files() -> dict[str, bytes]:
    """The demo school: its own fast lockdown with recorded voices, the other shipped playbooks; addresses to fill in.

    Hand it to `campus_addresses.fill_campus` before it is published.
    """
    school = _package("demo_school")
    own = _below(school.joinpath("playbooks"), "playbooks/", ".yaml")
    said = b"".join(own.values())
    recordings = _below(school.joinpath("recordings"), "recordings/", ".wav")
    return {
        "site.yaml": school.joinpath("site.yaml").read_bytes(),
        **shipped_playbooks(),
        **own,
        **{path: raw for path, raw in recordings.items() if path.encode() in said},
        **_below(school.joinpath("contacts"), "contacts/", ".csv"),
        **_below(school.joinpath("floors"), "floors/", ".svg"),
    }


def identifier_of(name: str) -> str:
    """A site's id made from words: its letters and digits."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:64].strip("-") or "example-school"


def _package(*path: str) -> Traversable:
    return package_files("notifier").joinpath(*path)


def _below(folder: Traversable, prefix: str, ending: str) -> dict[str, bytes]:
    found = [file for file in folder.iterdir() if file.name.endswith(ending)]
    return {prefix + file.name: file.read_bytes() for file in sorted(found, key=lambda file: file.name)}
