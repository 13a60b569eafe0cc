"""Drafts of playbooks, one per account and playbook, kept as files of this node so that nothing typed is lost."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from notifier.errors import Refused

LARGEST = 200_000
"""Bytes of one draft's text. The longest shipped playbook has 8,000."""
MOST = 100
"""Drafts of one account."""
FOLDER = "drafts"


@dataclass(frozen=True, slots=True)
class Draft:
    """What one account has typed of one playbook's file."""

    path: str
    text: str
    based_on: int
    """The version that ran when it was begun."""
    base: str | None
    """The file's text in that version; None: it had no such file."""
    owner: str
    owner_name: str
    wall: str
    """When it was kept, ISO 8601."""
    window: str = ""
    """Which page of a browser kept it, by the name that its script gave itself; empty without one."""


class Drafts:
    """Below `state/drafts`, a folder for each account; names are hashes, so no name of a person or file leads out."""

    def __init__(self, state_dir: Path) -> None:
        self._root = state_dir / FOLDER

    def keep(self, draft: Draft) -> None:
        """Survives our own end at once, a power cut after the few seconds that the kernel takes to write.

        Raises Refused for one that is too long, for too many, or for a full disk.
        """
        raw = json.dumps(asdict(draft), ensure_ascii=False).encode("utf-8", "replace")
        if len(draft.text.encode("utf-8", "replace")) > LARGEST:
            raise Refused(f"A playbook may have {LARGEST:,} bytes; this one is longer and was not kept.", status=413)
        to = self._file(draft.owner, draft.path)
        if not to.exists() and sum(1 for _ in self._of(draft.owner)) >= MOST:
            raise Refused(f"You have {MOST} drafts. Publish or drop one of them first.", status=409)
        try:
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = to.with_suffix(f".{secrets.token_hex(4)}.new")
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(raw)  # not synced: a press must not wait for the disk behind somebody who types
            beside.replace(to)
        except OSError as error:
            raise Refused(
                f"The draft cannot be kept: {error.strerror}. Copy your text before you leave this page.", status=503
            ) from error

    def of(self, owner: str, path: str) -> Draft | None:
        return _read(self._file(owner, path))

    def mine(self, owner: str) -> list[Draft]:
        return sorted((draft for draft in self._of(owner) if draft), key=lambda draft: draft.path)

    def all_of(self, path: str) -> list[Draft]:
        """Everybody's drafts of one file."""
        name = f"{_hashed(path)}.json"
        found = [_read(file) for file in self._root.glob(f"*/{name}")] if self._root.is_dir() else []
        return [draft for draft in found if draft is not None]

    def drop(self, owner: str, path: str) -> None:
        self._file(owner, path).unlink(missing_ok=True)

    def _of(self, owner: str) -> Iterator[Draft | None]:
        folder = self._root / _hashed(owner)
        return (_read(file) for file in folder.glob("*.json")) if folder.is_dir() else iter(())

    def _file(self, owner: str, path: str) -> Path:
        return self._root / _hashed(owner) / f"{_hashed(path)}.json"


def _read(file: Path) -> Draft | None:
    """None for one that is not there, or that a broken disk has left in pieces."""
    try:
        return Draft(**json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
