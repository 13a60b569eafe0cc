"""The file that a backup is: a tar whose first member lists the others with their digests.

It holds the store, the seals and this node's keys, so whoever has it can read everything and sign as this node:
it is written for its owner only (0600), and the command that makes it says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from notifier.errors import NotifierError

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 4_000_000
STORE = "state/ledger.sqlite"
"""The store in every backup, wherever its node keeps it."""
BLOCK = 1 << 20
_NAME = re.compile(r"(state|folder)(/[^./\0][^/\0]*)+")
"""No way out of the folder, and no hidden files."""


class BackupError(NotifierError):
    """A backup that cannot be made or cannot be used; the sentence says why and what to do."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)
    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True)
    format: int
    version: str
    """Of the notifier that made it."""
    node: str
    made: str
    """Wall time, ISO 8601."""
    heads: Mapping[str, tuple[int, str]] = {}
    schema_steps: Sequence[str] = ()
    open_incidents: Sequence[str] = ()
    record_elsewhere: str | None = None
    """The server that has the record, without its password; None: the record is in here."""
    parts: Mapping[str, Part] = {}


def write(file: IO[bytes], about: Manifest, sources: Mapping[str, Path | bytes]) -> Manifest:
    """Write an archive of `sources` (name to file or content); returns the manifest as it stands in it."""
    parts = {name: _part(source) for name, source in sources.items()}
    manifest = about.model_copy(update={"parts": parts})
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as tar:
        _add(tar, MANIFEST, manifest.model_dump_json(indent=1).encode())
        for name, source in sources.items():
            _add(tar, name, source, parts[name].size)
    file.flush()
    os.fsync(file.fileno())
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Raises BackupError."""
    with _opened(path) as tar:
        return _manifest(tar, path)


def unpack(path: Path, into: Path) -> Manifest:
    """Every part into `into`, each checked against its digest. Raises BackupError at the first that does not hold."""
    with _opened(path) as tar:
        manifest = _manifest(tar, path)
        missing = dict(manifest.parts)
        for member in tar:
            if member.name == MANIFEST:
                continue
            part = missing.pop(member.name, None)
            if part is None or not member.isreg() or member.size != part.size or not _NAME.fullmatch(member.name):
                raise BackupError(f"{path} holds {member.name!r}, which it does not list. Use another backup.")
            _take(tar, member, part, into / member.name, path)
        if missing:
            raise BackupError(f"{path} ends too early: {min(missing)} is missing. Use another backup.")
    return manifest


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, part: Part, to: Path, path: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = tar.extractfile(member)
    digest = hashlib.sha256()
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while source is not None and (block := source.read(BLOCK)):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != part.sha256:
        raise BackupError(f"{path} is damaged: {member.name} is not what was backed up. Use another backup.")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:gz") as tar:
            yield tar
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}. Name the backup's file.") from None
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise BackupError(f"{path} cannot be unpacked: {error.strerror}.") from error
        raise BackupError(f"{path} is no whole backup of notifier ({error}). Use another backup.") from error


def _manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or first.size > LARGEST_MANIFEST:
        raise BackupError(f"{path} is no backup of notifier. Name a file that 'notifier backup' has made.")
    source = tar.extractfile(first)
    try:
        manifest = Manifest.model_validate_json(source.read() if source is not None else b"")
    except ValidationError as error:
        raise BackupError(f"{path} cannot be read as a backup. Use another one.") from error
    if manifest.format > FORMAT:
        raise BackupError(f"{path} was made by a newer version ({manifest.version}). Install that version first.")
    return manifest


def _part(source: Path | bytes) -> Part:
    if isinstance(source, bytes):
        return Part(size=len(source), sha256=hashlib.sha256(source).hexdigest())
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Part(size=file.tell(), sha256=digest.hexdigest())


def _add(tar: tarfile.TarFile, name: str, source: Path | bytes, size: int | None = None) -> None:
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    if isinstance(source, bytes):
        info.size = len(source)
        tar.addfile(info, io.BytesIO(source))
        return
    with source.open("rb") as file:
        info.size = os.fstat(file.fileno()).st_size if size is None else size
        tar.addfile(info, file)


def as_json(manifest: Manifest) -> dict[str, Any]:
    """For a script: what it holds, without the digests."""
    said: dict[str, Any] = json.loads(manifest.model_dump_json(exclude={"parts"}))
    return {**said, "files": len(manifest.parts), "bytes": sum(part.size for part in manifest.parts.values())}
