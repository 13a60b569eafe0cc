"""Backups by the clock, and forgetting: what is old goes, and the chain still verifies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger

from notifier.clock import SystemClock
from notifier.daemon.archive import read_manifest
from notifier.daemon.backup import Backups, Node, last_backup
from notifier.daemon.store import StorePlace
from notifier.daemon.upkeep import Upkeep, keep
from notifier.engine.retention import YEAR, due, forget
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.verify import verify
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact
from notifier.model.settings import BackupPlan, NodeSettings, Retention


class Troubles:
    """An engine as far as upkeep knows it."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, str], str] = {}
        site = SimpleNamespace(timezone="America/Chicago")
        self.desk: Any = SimpleNamespace(clock=SystemClock(), site="s", held=SimpleNamespace(site=site))

    async def trouble(self, kind: str, subject: str, text: str) -> None:
        self.open[kind, subject] = text

    async def clear_trouble(self, kind: str, subject: str) -> None:
        self.open.pop((kind, subject), None)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    opened = await SqliteLedger.open(tmp_path / "state" / "ledger.sqlite", "n1", SystemClock())

    def body() -> Body[None]:
        yield Fact(EventKind.NOTE, "s", "old", {"text": "what Ada said"}, ())
        yield Fact(EventKind.NOTE, "s", "new", {"text": "what Bo said"}, ())

    await opened.run(body)
    yield opened
    await opened.close()


def upkeep(ledger: SqliteLedger, tmp_path: Path, **settings: Any) -> tuple[Upkeep, Troubles]:
    state, troubles = tmp_path / "state", Troubles()
    node = Node(tmp_path, state, StorePlace(Path(ledger.path), None, "n1"), "n1")
    backups = Backups(node, ledger, SystemClock())
    chosen = NodeSettings(node="n1", **settings)
    made: Any = troubles
    return Upkeep(made, ledger, backups, chosen, tmp_path, state), troubles


async def test_a_backup_by_the_clock_is_kept_read_back_and_noted(ledger: SqliteLedger, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    node, troubles = upkeep(ledger, tmp_path, backup=BackupPlan(to="usb", keep=2))
    await node.back_up()
    (made,) = (tmp_path / "usb").iterdir()
    assert read_manifest(made).heads["n1"][0] == 2
    assert made.stat().st_mode & 0o777 == 0o600
    assert troubles.open == {}
    last = last_backup(tmp_path / "state")
    assert last is not None
    assert last[1] == str(tmp_path / "usb")


async def test_a_disk_that_is_not_there_is_a_trouble_until_a_backup_succeeds(
    ledger: SqliteLedger, tmp_path: Path
) -> None:
    node, troubles = upkeep(ledger, tmp_path, backup=BackupPlan(to="usb"))
    await node.back_up()
    assert "No such file" in troubles.open["backup", "scheduled"]
    assert not (tmp_path / "usb").exists()  # making it would fill the disk below an unmounted one
    assert last_backup(tmp_path / "state") is None
    (tmp_path / "usb").mkdir()
    await node.back_up()
    assert troubles.open == {}


async def test_only_so_many_stay_and_nobody_elses_are_touched(ledger: SqliteLedger, tmp_path: Path) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    (usb / "holiday.jpg").write_text("mine")
    (usb / "notifier-n2-20200101T000000Z.tar.gz").write_text("another node's")
    node, _ = upkeep(ledger, tmp_path, backup=BackupPlan(to="usb", keep=2))
    await node.back_up()
    (made,) = usb.glob("notifier-n1-*")
    whole = made.rename(tmp_path / "whole")
    for day in ("01", "02", "03"):
        keep(whole, usb, f"notifier-n1-209901{day}T000000Z.tar.gz", 2, "n1")
    left = sorted(path.name for path in usb.iterdir())
    assert left == [
        "holiday.jpg", "notifier-n1-20990102T000000Z.tar.gz", "notifier-n1-20990103T000000Z.tar.gz",
        "notifier-n2-20200101T000000Z.tar.gz",
    ]  # fmt: skip


async def test_a_night_that_was_missed_is_made_up_for(ledger: SqliteLedger, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    node, _ = upkeep(ledger, tmp_path, backup=BackupPlan(to="usb"))
    nightly = CronTrigger.from_crontab("15 2 * * *", timezone="UTC")
    assert node._is_overdue(nightly)  # never yet
    await node.back_up()
    assert not node._is_overdue(nightly)
    (tmp_path / "state" / "last-backup.json").write_text('{"wall": "2026-01-01T00:00:00+00:00", "to": "usb"}')
    assert node._is_overdue(nightly)


def test_drills_have_a_time_of_their_own() -> None:
    closed = [
        {"id": "old", "drill": 0, "closed_at": 0.0},
        {"id": "drill", "drill": 1, "closed_at": 5 * YEAR},
        {"id": "new", "drill": 0, "closed_at": 5 * YEAR},
    ]
    assert [each["id"] for each in due(closed, 7.5 * YEAR, Retention(incidents=7, drills=2))] == ["old", "drill"]
    assert [each["id"] for each in due(closed, 7.5 * YEAR, Retention(incidents=7))] == ["old"]
    assert due(closed, 6.9 * YEAR, Retention(incidents=7)) == []


async def test_what_is_forgotten_is_gone_and_the_chain_still_verifies(ledger: SqliteLedger, tmp_path: Path) -> None:
    class Years:
        """The store, in which `old` ended eight years ago and `new` yesterday."""

        def read(self, query: str, **args: Any) -> Any:
            assert query == "closed_incidents"
            assert list(ledger.read(query, **args)) == []  # the query itself is one the store knows
            return [
                {"id": "old", "code": "OLD1", "drill": 0, "closed_at": 0.0},
                {"id": "new", "code": "NEW1", "drill": 0, "closed_at": 8 * YEAR - 1},
            ]

        async def erase(self, site: str, incident: str) -> int:
            return await ledger.erase(site, incident)

    assert await forget(Years(), "s", 8 * YEAR, Retention(incidents=7)) == ["OLD1"]
    assert await forget(Years(), "s", 8 * YEAR, Retention(incidents=7)) == []  # once
    assert [each.text for each in await ledger.verify() if each.fault] == []
    await ledger.close()
    store = Path(ledger.path)
    body = await asyncio.to_thread(store.read_bytes)
    assert b"what Ada said" not in body
    assert b"what Bo said" in body
    assert [each.text for each in verify(store) if each.fault] == []
