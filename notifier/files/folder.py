"""A folder on disk to a mapping of paths to bytes, within limits; and back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from notifier.errors import Fault, SetupError

LARGEST_CONTACTS = 32_000_000
"""Bytes. 100,000 people take 10 MB."""
LARGEST_RECORDING = 20_000_000
"""Bytes. Three minutes of 48 kHz 16-bit mono; a page is seconds."""
LARGEST_OTHER = 1_000_000
MOST_FILES = 500
"""A folder with more is not ours: somebody pointed at the wrong one."""

_OURS = re.compile(
    r"site\.yaml|playbooks/[^/]+\.yaml|contacts/[^/]+\.(csv|yaml)|(playbooks/|recordings/)?[^/]+\.wav|floors/[^/]+\.svg"
)

_NEARLY_OURS = re.compile(r"(site|(playbooks|contacts)/[^/]+)\.yml")


_TABLES = re.compile(r"contacts/[^/.~][^/]*\.(xlsx|xlsm|xls|ods|numbers|tsv|txt)", re.IGNORECASE)


def overlooked(path: str | Path) -> list[Fault]:
    """Warnings of files that look as if they were meant to be read and are not."""
    root = Path(path)
    names = (found.relative_to(root).as_posix() for found in _looked_at(root))
    text, advice = (
        "This table is not read; only .csv and .yaml are.",
        "Save it as CSV UTF-8, or import it: notifier contacts import FILE.",
    )
    return [Fault(name, 1, 1, text, advice, "warning") for name in names if _TABLES.fullmatch(name)]


def read_folder(path: str | Path) -> dict[str, bytes]:
    """Relative path to bytes of everything that is published: site, playbooks, contacts, recordings; never settings.

    Raises SetupError with every file that cannot be read.
    """
    root = Path(path)
    if not root.is_dir():
        raise SetupError([Fault(str(path), 1, 1, "This folder does not exist.", "Make one: notifier init DIR.")])
    faults: list[Fault] = []
    files: dict[str, bytes] = {}
    for found in _looked_at(root):
        name = found.relative_to(root).as_posix()
        if not _OURS.fullmatch(name):
            if _NEARLY_OURS.fullmatch(name):
                text = "The name ends in .yml, and only .yaml is read."
                faults.append(Fault(name, 1, 1, text, "Rename the file."))
            continue
        if len(files) >= MOST_FILES:
            faults.append(Fault(name, 1, 1, f"There are more than {MOST_FILES} files.", "Is this the right folder?"))
            break
        try:
            size, largest = found.stat().st_size, _largest(name)
            if size > largest:
                faults.append(Fault(name, 1, 1, f"The file has {size:,} bytes; at most {largest:,} are read."))
                continue
            with found.open("rb") as file:
                files[name] = file.read(largest + 1)
        except OSError as error:
            why = f"The file cannot be read: {error.strerror or error}."
            faults.append(Fault(name, 1, 1, why, "Give this account the right to read it."))
    if faults:
        raise SetupError(faults)
    return files


def write_folder(path: str | Path, files: Mapping[str, bytes], *, overwrite: bool = False) -> None:
    """Write each file below `path`, making folders as needed.

    Raises SetupError, and writes nothing, if a file exists with other content and `overwrite` is false, or if a name
    leads out of the folder.
    """
    root = Path(path)
    faults = []
    for name in sorted(files):
        if not _stays_inside(name):
            faults.append(Fault(name, 1, 1, "This name leads out of the folder.", "Nothing was written."))
        elif not overwrite and _other_content(root / name, files[name]):
            faults.append(Fault(name, 1, 1, "The file exists already.", "Nothing was written; choose an empty folder."))
    if faults:
        raise SetupError(faults)
    for name in sorted(files):
        to = root / name
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            beside = to.with_name(f".{to.name}.new")
            beside.write_bytes(files[name])
            beside.replace(to)
        except OSError as error:
            why = f"The file cannot be written: {error.strerror or error}."
            raise SetupError([Fault(name, 1, 1, why, "Give this account the right to write here.")]) from error


def _looked_at(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder in (root, root / "playbooks", root / "contacts", root / "recordings", root / "floors"):
        if folder.is_dir():
            with os.scandir(folder) as entries:
                found += [Path(entry.path) for entry in entries if entry.is_file()]
    return sorted(found)


def _largest(name: str) -> int:
    if name.endswith(".wav"):
        return LARGEST_RECORDING
    return LARGEST_CONTACTS if name.startswith("contacts/") else LARGEST_OTHER


def _stays_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name and bool(path.parts)


def _other_content(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() != content
    except FileNotFoundError:
        return False
    except OSError:
        return True
