"""`upgrade`: another version in the place of this one, and back by itself if it does not get ready."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.cli.client import NoDaemon, Where, connected, state_folder
from notifier.cli.printing import as_json, progress, say
from notifier.cli.words import DONE, FAILED, Commands, folder_of, options
from notifier.clock import stopwatch

if TYPE_CHECKING:
    from notifier.cli.installation import Installation

WAIT = 60.0
"""Seconds that a version has to get ready: a hundred thousand people take ten."""


def add(commands: Commands) -> None:
    upgrade = commands.add_parser(
        "upgrade", parents=[options()], help="run another version, and go back by itself if it does not get ready",
        description="Install a wheel beside the version that runs, let it check a backup of the record and the "
        "published files, stop the daemon, switch and start. If the new version is not ready in time, the old one and "
        "the record as it was are put back. See docs/how_to/upgrade.md for how versions are laid out.",
    )  # fmt: skip
    upgrade.add_argument("wheel", metavar="WHEEL", nargs="?", help="lockdown_notifier-VERSION-py3-none-any.whl")
    upgrade.add_argument("--back", action="store_true", help="take back an upgrade that was broken off")
    upgrade.add_argument("--dir", metavar="DIR", help="the school's folder; else NOTIFIER_DIR, else this one")
    upgrade.add_argument("--requirements", metavar="FILE", help="install what it needs from this list with hashes")
    upgrade.add_argument("--stop", metavar="COMMAND", default="systemctl stop notifier", help="what stops the daemon")
    upgrade.add_argument(
        "--start", metavar="COMMAND", default="systemctl start --no-block notifier", help="what starts it"
    )
    upgrade.add_argument(
        "--wait", metavar="SECONDS", type=float, default=WAIT, help="how long it may take to get ready"
    )
    upgrade.add_argument("--now", action="store_true", help="also while an incident is open")
    upgrade.set_defaults(deed=_upgrade)


def _upgrade(args: argparse.Namespace) -> int:
    from notifier.cli.installation import Installation, UpgradeError

    home = Installation.here()
    begun = home.begun()
    if args.back:
        if begun is None:
            raise UpgradeError("No upgrade was broken off. Nothing was done.")
        return _back(home, begun, args, "It was taken back as you asked.")
    if begun is not None:
        back = f"{home.program(begun['from'])} upgrade --back --dir {begun['dir']}"
        raise UpgradeError(f"An upgrade to {begun['to']} was broken off. Take it back first: {back}")
    if args.wheel is None:
        raise UpgradeError("Name the wheel to upgrade to.")
    folder = folder_of(args.dir).resolve()
    if not args.now:
        asyncio.run(_refuse_in_an_incident(folder))
    progress(f"Installing {args.wheel} beside {home.current} …")
    new = home.install(Path(args.wheel).resolve(), Path(args.requirements).resolve() if args.requirements else None)
    progress(f"{new} looks at a copy of the record and at what is published …")
    _rehearse(home, new, folder)
    return _change(home, new, folder, args)


async def _refuse_in_an_incident(folder: Path) -> None:
    from notifier.cli.installation import UpgradeError

    try:
        async with connected(Where(folder)) as client:
            still = [one["code"] for one in (await client.get("/incidents", open=True))["items"]]
    except NoDaemon:
        return
    if still:
        raise UpgradeError(f"Incident {still[0]} is open. Upgrade when it is over, or add --now. Nothing was done.")


def _rehearse(home: Installation, new: str, folder: Path) -> None:
    """The new version on a copy: it must read the backup, take its schema, verify it, and accept what is published."""
    from notifier.cli.backups import taken
    from notifier.cli.installation import UpgradeError

    with tempfile.TemporaryDirectory(prefix=".rehearsal-", dir=home.root) as made:
        backup, trial = Path(made) / "backup.tar.gz", Path(made) / "school"
        taken(folder, backup)
        steps: tuple[tuple[str, ...], ...] = (
            ("restore", str(backup), "--dir", str(trial)),
            ("migrate", "--dir", str(trial)),
            ("log", "verify", "--dir", str(trial)),
        )
        for words in steps:
            code, said = home.ask(new, *words)
            if code and "PostgreSQL" not in said:
                last = said.splitlines()[-1] if said else "it says nothing"
                raise UpgradeError(f"{new} fails at '{' '.join(words[:2])}' of a copy: {last} {home.current} runs on.")
        _published(trial)
        code, said = home.ask(new, "check", str(trial))
        if code:
            first = next((line for line in said.splitlines() if ": error: " in line), said)
            text = f"{new} refuses what is published: {first} Mend it and publish, then upgrade."
            raise UpgradeError(f"{text} {home.current} runs on.")


def _published(trial: Path) -> None:
    """In the trial folder lies what is published, not what was edited since."""
    import sqlite3
    from contextlib import closing

    from notifier.engine.publishing import files_of
    from notifier.files.folder import write_folder

    store = trial / "state" / "ledger.sqlite"
    if not store.exists():
        return
    with closing(sqlite3.connect(store)) as db:
        db.row_factory = sqlite3.Row
        last = db.execute("select * from publication order by at desc limit 1").fetchone()
        if last is not None:
            rows = [dict(row) for row in db.execute("select * from document where site = ?", (last["site"],))]
            write_folder(trial, files_of(dict(last), rows), overwrite=True)


def _change(home: Installation, new: str, folder: Path, args: argparse.Namespace) -> int:
    from notifier.cli.backups import node_of_folder
    from notifier.ledger.copying import copy_store

    old, store = home.current, node_of_folder(folder).store
    copy = store.path.with_name(f"before-upgrade-{new}.sqlite")
    journal = {"from": old, "to": new, "dir": str(folder), "copy": str(copy)}
    home.begin(journal)
    progress(f"Stopping {old} …")
    _run(args.stop)
    if store.address is None and store.path.is_file():
        copy.unlink(missing_ok=True)
        copy_store(store.path, copy)
    home.switch(new)
    progress(f"Starting {new} …")
    began = stopwatch()
    _run(args.start)
    if not asyncio.run(_gets_ready(state_folder(folder), args.wait)):
        return _back(home, journal, args, f"{new} was not ready within {args.wait:g} s.")
    home.end()
    if args.json:
        as_json({"from": old, "to": new, "ready_after_s": round(stopwatch() - began, 1), "taken_back": False})
    else:
        say(
            f"{new} runs and is ready ({stopwatch() - began:.1f} s after its start); {old} stays in {home.folder(old)}."
        )
        say(f"The record as {old} left it is {copy}. Remove both when you trust {new}.")
    return DONE


def _back(home: Installation, begun: dict[str, str], args: argparse.Namespace, why: str) -> int:
    from notifier.cli.installation import UpgradeError

    old, new = begun["from"], begun["to"]
    progress(f"{why} Going back to {old} …")
    _run(args.stop)
    home.switch(old)
    left = _record_back(Path(begun["copy"]), Path(begun["dir"]))
    _run(args.start)
    ready = asyncio.run(_gets_ready(state_folder(Path(begun["dir"])), args.wait))
    home.end()
    kept = f" What {new} had written is in {left}." if left else ""
    if not ready:
        raise UpgradeError(f"{why} {old} is in place again and NOT ready either.{kept} Look at its log, and at doctor.")
    if args.json:
        as_json({"from": old, "to": new, "taken_back": True, "why": why, "kept": str(left) if left else None})
    else:
        say(f"{why} {old} runs again and is ready.{kept}")
    return DONE if args.back else FAILED


def _record_back(copy: Path, folder: Path) -> Path | None:
    """If the new version has changed the schema, the record as it was before goes back; theirs is kept."""
    from notifier.cli.backups import node_of_folder
    from notifier.errors import LedgerError
    from notifier.ledger.copying import beside, fold_in, schema_of

    store = node_of_folder(folder).store.path
    if not copy.exists() or not store.exists():
        return None
    try:
        if schema_of(store)[0] == schema_of(copy)[0]:
            return None
    except LedgerError:
        pass  # a newer schema than this version knows: that is the case this is for
    fold_in(store)
    left = store.with_name(f"after-{copy.name}")
    left.unlink(missing_ok=True)
    os.link(store, left)
    for path in beside(store):
        path.unlink(missing_ok=True)
    owner = store.stat()
    os.chown(copy, owner.st_uid, owner.st_gid)
    copy.replace(store)
    return left


async def _gets_ready(state: Path, seconds: float) -> bool:
    from notifier.cli.examining.patient import ask

    until = stopwatch() + seconds
    while stopwatch() < until:
        alive = await ask(state)
        if alive is not None and alive.ready and alive.recorded:
            return True
        await asyncio.sleep(0.2)
    return False


def _run(command: str) -> None:
    from notifier.cli.installation import UpgradeError

    words = shlex.split(command)
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 -- the technician's own words
    except OSError as error:
        raise UpgradeError(f"'{command}' cannot be run: {error.strerror}. Name it with --stop and --start.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise UpgradeError(f"'{command}' failed: {said}. Then: notifier upgrade --back")
