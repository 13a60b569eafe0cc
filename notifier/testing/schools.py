"""The schools that stories are told of: files as a person would write them, with places to bend them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files as package_files

from notifier.files.campus_addresses import fill_campus
from notifier.files.starter import demo_files, shipped_playbooks


def small_school(**changed: str) -> dict[str, bytes]:
    """Two classrooms, an office, four doors, eight people, and the shipped playbooks.

    `changed`: `site`, `people`, or a playbook's name to the whole text of that file.
    """
    folder = package_files("notifier.testing").joinpath("small_school")
    files = {
        "site.yaml": folder.joinpath("site.yaml").read_bytes(),
        "contacts/people.csv": folder.joinpath("contacts", "people.csv").read_bytes(),
        **shipped_playbooks(),
    }
    names = {"site": "site.yaml", "people": "contacts/people.csv"}
    return files | {names.get(name, f"playbooks/{name}.yaml"): text.encode() for name, text in changed.items()}


def demo_school() -> dict[str, bytes]:
    """Three hundred people, 24 doors; its lockdown counts in seconds."""
    files = demo_files()
    named = sorted(set(re.findall(r"\$\{campus:([a-z0-9_-]+)\}", files["site.yaml"].decode())))
    return fill_campus(files, {name: f"http://10.1.0.{place}" for place, name in enumerate(named, 1)})


def bend(files: Mapping[str, bytes], path: str, *swaps: tuple[str, str]) -> dict[str, bytes]:
    """The same files with words of one changed; each must stand there exactly as given."""
    text = files[path].decode()
    for old, new in swaps:
        if old not in text:
            raise ValueError(f"{path} does not say {old!r}")
        text = text.replace(old, new)
    return {**files, path: text.encode()}
