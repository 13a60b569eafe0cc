"""`backup`, `restore` and `migrate`: the record and this node's keys, out of the machine and back onto one."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import IO, TYPE_CHECKING

from notifier.cli.client import Answered, Client, NoDaemon, connected, state_folder
from notifier.cli.printing import as_json, listed, progress, say
from notifier.cli.words import DONE, FAILED, Commands, daemon_options, folder_of, options, where_of
from notifier.clock import SystemClock
from notifier.errors import NotifierError

if TYPE_CHECKING:
    from notifier.daemon.archive import Manifest
    from notifier.daemon.backup import Node
    from notifier.daemon.restore import Looked

PART = ".part"


def add(commands: Commands) -> None:
    backup = commands.add_parser(
        "backup", parents=[daemon_options()], help="copy the record, this node's keys and the files into one file",
        description="Copy the record, seals, keys and files of a node into one new file, while the daemon runs or "
        "while it is down. Whoever has the file can read everything in it and sign as this node: it is written for its "
        "owner only, keep it so. Secrets that the settings name by file: or env: are not in it.",
    )  # fmt: skip
    backup.add_argument("to", metavar="FILE|DIR", help="a new file, or a folder that gets one named by node and time")
    backup.set_defaults(deed=_backup)
    restore = commands.add_parser(
        "restore", parents=[options()], help="put a backup back, while no daemon runs",
        description="Check every digest, chain and seal of a backup, then put it back as a node's record, keys and "
        "files. Refused while the daemon runs. What was there before is kept in the state folder.",
    )  # fmt: skip
    restore.add_argument("file", metavar="FILE", help="what 'notifier backup' has written")
    restore.add_argument("--dir", metavar="DIR", help="the school's folder; else NOTIFIER_DIR, else this one")
    restore.add_argument("--overwrite", action="store_true", help="also where there is a record; that one is kept")
    restore.add_argument("--check", action="store_true", help="only look whether it could be put back; change nothing")
    restore.set_defaults(deed=_restore)
    migrate = commands.add_parser(
        "migrate", parents=[options()], help="bring a record to this version's schema, while no daemon runs",
        description="Show which steps the schema of a record lacks, keep a copy of it and take them. A daemon does "
        "the same by itself when it starts.",
    )  # fmt: skip
    migrate.add_argument("--dir", metavar="DIR", help="the school's folder; else NOTIFIER_DIR, else this one")
    migrate.add_argument("--check", action="store_true", help="only show the steps; exit code 1 if there are any")
    migrate.set_defaults(deed=_migrate)


# ---------------------------------------------------------------------------------------------------------- backup


def _backup(args: argparse.Namespace) -> int:
    from notifier.daemon.archive import as_json as said

    to = Path(args.to)
    try:
        path = asyncio.run(_fetched(args, to))
        by = "the running daemon"
    except NoDaemon as nobody:
        if where_of(args).server is not None:
            raise
        progress(f"{nobody} Reading the store itself …")
        path, by = _at_rest(folder_of(args.dir), to), "no daemon was running"
    manifest = _read_again(path)
    if args.json:
        as_json({"file": str(path), **said(manifest)})
        return DONE
    say(f"{path} is written ({path.stat().st_size / 1e6:.3g} MB, {by}) and was read back: every digest holds.")
    if manifest.record_elsewhere is not None:
        say(
            f"THE RECORD IS NOT IN IT: it is on {manifest.record_elsewhere}. Back that up too: "
            f"pg_dump --format=custom --file=record.dump '{manifest.record_elsewhere}'"
        )
    say("It holds personal data and this node's keys. Keep it where only you can read it, and not on this disk.")
    return DONE


async def _fetched(args: argparse.Namespace, to: Path) -> Path:
    """The daemon's own backup, into a file of the one who asks."""
    async with connected(where_of(args)) as client:
        await _is_there(client)
        path = _file_for(to, _node_of(args))
        with _new(path) as file:
            try:
                await client.download("/backup", file)
            except Answered as error:
                raise NotifierError(f"{error} Nothing was written.") from error
        return path


async def _is_there(client: Client) -> None:
    """Raises NoDaemon before any file is made."""
    await client.get("/channels")


def taken(folder: Path, to: Path) -> Path:
    """A backup of the node of `folder` in the new file `to`, whether its daemon runs or not. Raises NotifierError."""
    asked = argparse.Namespace(dir=str(folder), server=None, token_file=None)
    try:
        return asyncio.run(_fetched(asked, to))
    except NoDaemon:
        return _at_rest(folder, to)


def _at_rest(folder: Path, to: Path) -> Path:
    from notifier.daemon.backup import write_backup
    from notifier.ledger.lock import StoreLock

    node = node_of_folder(folder)
    if node.store.address is None and not node.store.path.is_file():
        raise NotifierError(f"There is no record at {node.store.path} to back up. Name the folder with --dir.")
    path = _file_for(to, node.name)
    part = path.with_name(path.name + PART)
    try:
        lock = StoreLock(node.state, to_read=True)
    except OSError as error:
        raise NotifierError(f"{node.state} cannot be read: {error.strerror}. Ask as the daemon's user.") from error
    try:
        part.unlink(missing_ok=True)
        write_backup(node, _now(), part)
        part.replace(path)
    finally:
        lock.release()
        part.unlink(missing_ok=True)
    return path


def _file_for(to: Path, node: str) -> Path:
    from notifier.daemon.backup import backup_name

    path = to / backup_name(node, _now()) if to.is_dir() else to
    if path.exists():
        raise NotifierError(f"{path} exists already. Name another file.")
    if not path.absolute().parent.is_dir():
        raise NotifierError(f"There is no folder {path.parent} for it. Make it, or name another one.")
    return path


@contextlib.contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is whole, and else not at all."""
    part = path.with_name(path.name + PART)
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise NotifierError(f"{path} cannot be written: {error.strerror}. Name another place.") from error
    finally:
        part.unlink(missing_ok=True)


def _read_again(path: Path) -> Manifest:
    """Read what was written from the disk: a backup that was never read is none."""
    from notifier.daemon.archive import unpack

    with tempfile.TemporaryDirectory(prefix=".look-", dir=path.absolute().parent) as made:
        return unpack(path, Path(made) / "backup")


# --------------------------------------------------------------------------------------------------------- restore


def _restore(args: argparse.Namespace) -> int:
    from notifier.daemon.archive import as_json as said
    from notifier.daemon.archive import read_manifest
    from notifier.daemon.restore import restore

    backup, folder = Path(args.file), folder_of(args.dir).resolve()
    if args.check:
        return _only_looked(backup, as_data=args.json)
    read_manifest(backup)
    folder.mkdir(parents=True, exist_ok=True)
    first = _take_settings(backup, folder)
    state, store = state_folder(folder), node_of_folder(folder).store
    progress(f"Checking {backup} …")
    try:
        done = restore(backup, folder, state, store.path, _mark(), overwrite=args.overwrite)
    except BaseException:
        if first is not None:
            first.unlink()
        raise
    looked = done.looked
    if args.json:
        kept = str(done.kept) if done.kept else None
        as_json({**said(looked.manifest), "kept": kept, "left_alone": list(done.left_alone)})
        return DONE
    say(f"The backup of {looked.manifest.node} from {looked.manifest.made} is in {state}. {_held(looked)}")
    if done.kept:
        say(f"What was there before is in {done.kept}.")
    if done.left_alone:
        say(f"Left as they were, and different from the backup: {listed(done.left_alone)}.")
    _warn(looked)
    say(f"Next: notifier doctor --dir {folder}, then start the daemon.")
    return DONE


def _only_looked(backup: Path, *, as_data: bool) -> int:
    from notifier.daemon.archive import as_json as said
    from notifier.daemon.restore import look

    with tempfile.TemporaryDirectory(prefix=".look-", dir=backup.absolute().parent) as made:
        looked = look(backup, Path(made) / "backup")
    if as_data:
        as_json({"ok": not looked.faults, "faults": looked.faults, **said(looked.manifest)})
    else:
        say(f"{backup} is a backup of {looked.manifest.node} from {looked.manifest.made}. {_held(looked)}")
        say(*(f"FAULT: {text}" for text in looked.faults))
        _warn(looked)
    return FAILED if looked.faults else DONE


def _held(looked: Looked) -> str:
    if looked.manifest.record_elsewhere is not None:
        return f"The record is not in it but on {looked.manifest.record_elsewhere}; restore that with pg_restore."
    if looked.faults:
        return "Its record does NOT hold."
    return "Every digest, chain, seal and table in it holds."


def _warn(looked: Looked) -> None:
    if codes := looked.manifest.open_incidents:
        say(
            f"OPEN IN IT: incident {listed(codes)}. A daemon that starts on it goes on with them: doors and escalation "
            "at once, for the rest it asks if more than a day has passed. End them first thing if they are over."
        )


def _take_settings(backup: Path, folder: Path) -> Path | None:
    """Where the folder has no settings, those of the backup say where its state is; returns the file if it is new."""
    from notifier.daemon.archive import unpack
    from notifier.daemon.backup import SETTINGS_FILE

    path = folder / SETTINGS_FILE
    if path.exists():
        return None
    with tempfile.TemporaryDirectory(prefix=".look-", dir=folder) as made:
        unpack(backup, Path(made) / "backup")
        found = Path(made) / "backup" / "folder" / SETTINGS_FILE
        if not found.exists():
            return None
        found.replace(path)
    return path


# --------------------------------------------------------------------------------------------------------- migrate


def _migrate(args: argparse.Namespace) -> int:
    from notifier.daemon.migration import migrated, missing_steps
    from notifier.ledger.copying import schema_of

    store = node_of_folder(folder_of(args.dir)).store
    if store.address is not None:
        raise NotifierError(
            "The record is on a PostgreSQL server: the first daemon of this version that starts takes the steps there, "
            "while the others wait. Make a copy with pg_dump before."
        )
    missing = missing_steps(store.path)
    if args.check and store.path.is_file():
        schema_of(store.path)  # says so if it is damaged, or from a newer version
    if args.check:
        done, kept = missing, None
    else:
        done, kept = migrated(store.path, _mark())
    if args.json:
        as_json({"steps": list(done), "taken": not args.check, "kept": str(kept) if kept else None})
    elif not done:
        say(f"{store.path} has this version's schema. Nothing is to be done.")
    elif args.check:
        say(f"{store.path} lacks {listed(done)}. Type 'notifier migrate', or start the daemon, which does it too.")
    else:
        say(f"{store.path} has this version's schema now: {listed(done)}.", f"The record as it was before is {kept}.")
    return FAILED if args.check and missing else DONE


# ------------------------------------------------------------------------------------------------------- in common


def node_of_folder(folder: Path) -> Node:
    """As its settings say; whatever is wrong in them, the usual places."""
    from notifier.cli.record_at_rest import store_of
    from notifier.daemon.backup import Node

    folder = folder.resolve()
    store = store_of(folder)
    return Node(folder, state_folder(folder), store, store.node or "node")


def _node_of(args: argparse.Namespace) -> str:
    where = where_of(args)
    return "node" if where.server is not None else node_of_folder(where.folder).name


def _now() -> str:
    return SystemClock().wall().isoformat(timespec="seconds")


def _mark() -> str:
    return SystemClock().wall().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
